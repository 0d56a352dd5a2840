/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of the container: a copy of the mounts at its path, laid over the caller's root. Absolute paths of the
 * host still begin below it, and lead where they led; paths of the container begin at root_fd().
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

static int top = -1;  /* the caller's / */
static int root = -1; /* that of the container, if it is another */
static bool own;

/* Gives the host's mounts, or a copy of them, the propagation they have in the container. */
void root_propagate(const struct config *config, int tree, const char *path)
{
	static const uint64_t kinds[] = {
		[PRIVATE] = MS_PRIVATE,
		[SLAVE] = MS_SLAVE,
		[SHARED] = MS_SHARED,
		[UNBINDABLE] = MS_PRIVATE, /* until nothing is bound any more: root_enter() */
	};

	if (tree_propagate(tree, AT_RECURSIVE, kinds[config->rootfs_propagation]) == 0)
		return;
	if (errno == EINVAL)
		failx("mount_setattr of the propagation of ", path, ": is not a mount point, as in a chroot");
	fail("mount_setattr of the propagation of ", path);
}

static int top_fd(void)
{
	if (top < 0)
		top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		fail("open /");
	return top;
}

void root_propagation(const struct config *config)
{
	if (config_makes_namespace(config, NS_MOUNT)) /* else they are the host's */
		root_propagate(config, top_fd(), "/");
}

/* In the outer. A caller without root may not do it: then the init does. */
void root_source(const struct config *config)
{
	if (!config->root.given || !sources_need_caller(config))
		return;
	root = tree_clone(AT_FDCWD, config->root.path, AT_RECURSIVE);
	if (root < 0 && errno != EPERM)
		tree_clone_failed("root ", config->root.path);
	if (root >= 0)
		root_propagate(config, root, config->root.path);
}

void root_open(const struct config *config)
{
	const char *path = config->root.path;
	struct stat found;

	if (!config->root.given)
		return;
	if (root < 0)
		root = tree_clone(AT_FDCWD, path, AT_RECURSIVE);
	if (root < 0)
		tree_clone_failed("root ", path);
	path_stat(root, &found);
	if (!S_ISDIR(found.st_mode))
		failx("root ", path, ": is not a directory");
	/* what is attached to a shared mount would be attached on the host as well; and see root_enter() */
	if (config->rootfs_propagation == SHARED &&
		(tree_propagate(top_fd(), 0, MS_PRIVATE) < 0 || tree_propagate(root, 0, MS_SLAVE) < 0))
		fail("mount_setattr of the propagation of the root");
	if (tree_attach(root, top_fd()) < 0)
		fail("move_mount ", path, " to /");
	own = true;
}

bool root_is_own(void)
{
	return own;
}

/* Where paths of the container begin. */
int root_fd(void)
{
	return own ? root : top_fd();
}

/* The old root is put over the new one and taken away, so that no directory is needed for it; see pivot_root(2). */
static void pivot(void)
{
	if (fchdir(root) < 0)
		fail("fchdir to the root");
	if (syscall(SYS_pivot_root, ".", ".") < 0) {
		if (errno == EINVAL)
			failx("pivot_root: the caller's root is not a mount point (a chroot), or the initramfs");
		fail("pivot_root");
	}
	/* a shared mount would be taken away from the host as well */
	if (tree_propagate(top, AT_RECURSIVE, MS_SLAVE) < 0)
		fail("mount_setattr of the propagation of the old root");
	if (syscall(SYS_umount2, ".", MNT_DETACH) < 0)
		fail("umount2 of the old root");
	if (chdir("/") < 0)
		fail("chdir /");
	close(top);
}

void root_enter(const struct config *config)
{
	if (config->root.given)
		pivot();
	if (config->root.readonly && tree_set(root, 0, MOUNT_ATTR_RDONLY, 0) < 0)
		fail("mount_setattr of the root: read-only");
	/* pivot_root(2) does not accept a shared root */
	if (config->rootfs_propagation == SHARED && config->root.given && tree_propagate(root, 0, MS_SHARED) < 0)
		fail("mount_setattr of the root: shared");
	if (config->rootfs_propagation == UNBINDABLE && tree_propagate(root_fd(), 0, MS_UNBINDABLE) < 0)
		fail("mount_setattr of the root: unbindable");
}
