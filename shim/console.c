/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal made inside. */

#include "shim.h"

/* Whether the outer stands between the terminal and the controller. */
bool console_relays(const struct config *config)
{
	return config->console.given && !config->console.socket;
}

void console_open(const struct config *config)
{
	if (config->console.given)
		failx("not built yet");
}

void console_make(const struct config *config)
{
	if (config->console.given)
		failx("not built yet");
}
