/* SPDX-License-Identifier: Apache-2.0 */
/* A user namespace: mapped, and entered as its root. */

#include "shim.h"

void user_namespace_mappable(const struct config *config)
{
	if (config_makes_namespace(config, NS_USER))
		failx("not built yet");
}

void user_namespace_identity(const struct config *config)
{
	if (config_makes_namespace(config, NS_USER))
		failx("not built yet");
}
