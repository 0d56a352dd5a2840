/* SPDX-License-Identifier: Apache-2.0 */
/* Where the init waits for the controller. */

#include "shim.h"

void init_wait_setup(const struct config *config)
{
	(void)config;
	sync_wait("procSetup");
}

void init_ready(const struct config *config)
{
	TEXT(message, 96);

	sync_begin(&message, "procReady");
	sync_send(&message);
	if (config->hold)
		hold_wait();
	else
		sync_wait("procRun");
}
