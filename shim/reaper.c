/* SPDX-License-Identifier: Apache-2.0 */
/* Process 1 of the container, where the program shall not be it. */

#include "shim.h"

void reaper_fork(const struct config *config)
{
	if (config->reaper)
		failx("not built yet");
}
