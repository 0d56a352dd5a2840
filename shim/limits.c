/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the process. */

#include "shim.h"

void limits_oom_score(const struct config *config)
{
	if (config->oom_score_adj.given)
		failx("not built yet");
}

void limits_oom_score_back(const struct config *config)
{
	if (config->oom_score_adj.given)
		failx("not built yet");
}

void limits_rlimits(const struct config *config)
{
	if (config->rlimits_count)
		failx("not built yet");
}

void limits_scheduling(const struct config *config)
{
	if (config->scheduler.given)
		failx("not built yet");
}
