/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled filter. */

#include "shim.h"

void seccomp_privileged(const struct config *config)
{
	if (config->seccomp.given)
		failx("not built yet");
}

void seccomp_load(const struct config *config)
{
	if (config->seccomp.given)
		failx("not built yet");
}
