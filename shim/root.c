/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the container. */

#include "shim.h"

#include <errno.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

void root_open(const struct config *config)
{
	if (config->root.given)
		failx("not built yet");
}

void root_enter(const struct config *config)
{
	if (config->root.given)
		failx("not built yet");
}

void root_propagation(const struct config *config)
{
	static const uint64_t flags[] = {
		[PRIVATE] = MS_PRIVATE,
		[SLAVE] = MS_SLAVE,
		[SHARED] = MS_SHARED,
		[UNBINDABLE] = MS_UNBINDABLE,
	};
	struct mount_attr attr = {.propagation = flags[config->rootfs_propagation]};

	if (!config_makes_namespace(config, NS_MOUNT))
		return; /* they are the host's */
	if (syscall(SYS_mount_setattr, -1, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		fail("mount_setattr of the propagation of /");
}
