/* SPDX-License-Identifier: Apache-2.0 */
/* Device nodes and links. */

#include "shim.h"

void devices_make(const struct config *config)
{
	if (config->devices_count || config->links_count)
		failx("not built yet");
}
