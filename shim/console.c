/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal made inside. */

#include "shim.h"

/* Whether the outer stands between the terminal and the controller. */
bool console_relays(const struct config *config)
{
	return config->console.given && !config->console.socket;
}

int console_fd(void)
{
	return -1;
}

int console_destination(void)
{
	return -1;
}

void console_receive(const struct config *config)
{
	(void)config;
}

void console_open(const struct config *config)
{
	if (config->console.given)
		failx("not built yet");
}

void console_make(const struct config *config)
{
	(void)config;
}
