/* SPDX-License-Identifier: Apache-2.0 */
/* Names, clocks, loopback and parameters of new namespaces. */

#include "shim.h"

void kernel_time(const struct config *config)
{
	if (config->time_offsets.given)
		failx("not built yet");
}

void kernel_names(const struct config *config)
{
	if (config->hostname || config->domainname)
		failx("not built yet");
}

void kernel_loopback(const struct config *config)
{
	if (config_makes_namespace(config, NS_NETWORK))
		failx("not built yet");
}

void kernel_sysctl(const struct config *config)
{
	if (config->sysctl.count)
		failx("not built yet");
}
