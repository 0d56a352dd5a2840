/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts, by fd and inside the root only: the destination is resolved by openat2(RESOLVE_IN_ROOT) and what was
 * opened is what is mounted on, so that a link exchanged in between leads nowhere.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static const unsigned attribute[ATTR_COUNT] = {[ATTR_RO] = MOUNT_ATTR_RDONLY,
	[ATTR_NOSUID] = MOUNT_ATTR_NOSUID,
	[ATTR_NODEV] = MOUNT_ATTR_NODEV,
	[ATTR_NOEXEC] = MOUNT_ATTR_NOEXEC};

static unsigned attributes(uint64_t set)
{
	unsigned attributes = 0;

	for (int i = 0; i < ATTR_COUNT; i++)
		if (set & 1ULL << i)
			attributes |= attribute[i];
	return attributes;
}

/* CVE-2019-19921, CVE-2023-27561: a /proc that is a link, or no directory, is refused. */
static int open_destination(const char *path)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int destination = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (destination < 0 && (errno == ENOTDIR || errno == ELOOP))
		fail("mount on ", path, ": must be an ordinary directory");
	if (destination < 0)
		fail("mount on ", path);
	close(root);
	return destination;
}

static void mount_proc(const struct mount *mount)
{
	int context = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
	int tree, destination;
	struct statfs found;

	if (context < 0)
		fail("fsopen proc");
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fail("fsconfig proc");
	tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes(mount->set));
	if (tree < 0)
		fail("fsmount proc");
	/* CVE-2019-16884: what is mounted is what was asked for */
	if (fstatfs(tree, &found) < 0 || found.f_type != PROC_SUPER_MAGIC)
		failx("the mounted file system is not proc");
	destination = open_destination(mount->destination);
	if (syscall(SYS_move_mount, tree, "", destination, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		fail("move_mount proc to ", mount->destination);
	close(destination);
	close(tree);
	close(context);
}

void mounts_make(const struct config *config)
{
	for (size_t i = 0; i < config->mounts_count; i++)
		mount_proc(&config->mounts[i]);
}

void mounts_sources(const struct config *config)
{
	(void)config;
}

void mounts_masks(const struct config *config)
{
	(void)config;
}
