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

static const struct {
	const char *name;
	unsigned attribute;
} option_names[] = {
	{"ro", MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC},
};

void mounts_propagation(const struct config *config)
{
	static const uint64_t flags[] = {
		[PROPAGATION_PRIVATE] = MS_PRIVATE,
		[PROPAGATION_SLAVE] = MS_SLAVE,
		[PROPAGATION_SHARED] = MS_SHARED,
		[PROPAGATION_UNBINDABLE] = MS_UNBINDABLE,
	};
	struct mount_attr attr = {.propagation = flags[config->rootfs_propagation]};

	if (!config_has_namespace(config, NS_MOUNT))
		return; /* they are the host's */
	if (syscall(SYS_mount_setattr, -1, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		fail("mount_setattr of the propagation of /");
}

static unsigned attributes(const struct strings *options)
{
	unsigned attributes = 0;

	for (size_t i = 0; i < options->count; i++) {
		size_t known = 0;

		while (known < sizeof(option_names) / sizeof(*option_names) &&
			strcmp(option_names[known].name, options->list[i]) != 0)
			known++;
		if (known == sizeof(option_names) / sizeof(*option_names))
			failx("mount option ", options->list[i], " is not known");
		attributes |= option_names[known].attribute;
	}
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
	tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes(&mount->options));
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
		switch ((enum mount_type)config->mounts[i].type) {
		case MOUNT_PROC:
			mount_proc(&config->mounts[i]);
		}
}
