/* SPDX-License-Identifier: Apache-2.0 */
/* The five sets of capabilities(7). */

#include "shim.h"

void capabilities_bounding(const struct config *config)
{
	if (config->capabilities.given)
		failx("not built yet");
}

void capabilities_set(const struct config *config)
{
	if (config->capabilities.given)
		failx("not built yet");
}
