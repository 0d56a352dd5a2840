/* SPDX-License-Identifier: Apache-2.0 */
/* Where the init waits for the controller. */

#include "shim.h"

void init_wait_setup(const struct config *config)
{
	(void)config;
	sync_wait("procSetup");
}

/* For the hooks of OCI, which see the namespaces and mounts, and the files of the host. */
void init_mounted(const struct config *config)
{
	TEXT(message, 96);

	if (!config->says_mounted)
		return;
	sync_begin(&message, "procMounted");
	sync_send(&message);
	sync_wait("procEnter");
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
