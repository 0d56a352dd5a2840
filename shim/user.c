/* SPDX-License-Identifier: Apache-2.0 */
/* Who the program runs as. */

#include "shim.h"

void user_lookup(const struct config *config)
{
	if (config->user.given)
		failx("not built yet");
}

void user_stdio(const struct config *config)
{
	if (config->user.given)
		failx("not built yet");
}

void user_switch(const struct config *config)
{
	if (config->user.given)
		failx("not built yet");
}
