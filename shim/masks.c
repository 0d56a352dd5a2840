/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of the container that are covered, or read-only. What is not there needs neither. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* -1: nothing is there */
static int open_path(const char *path)
{
	int fd = path_open(root_fd(), path, O_PATH, 0);

	if (fd < 0 && !path_is_absent())
		fail("mask ", path);
	if (fd >= 0 && path_is_same(fd, root_fd()))
		failx("mask ", path, ": is the root, which nothing can be laid over");
	return fd;
}

/* What is not a mount becomes one, by a copy of it that is laid over it. */
static void make_readonly(const char *path)
{
	int on = open_path(path), tree = on;

	if (on < 0)
		return;
	if (!path_is_mount(on))
		tree = tree_clone(on, "", AT_EMPTY_PATH | AT_RECURSIVE);
	if (tree < 0)
		tree_clone_failed("read-only ", path);
	if (tree_set(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0) < 0)
		fail("mount_setattr of ", path, ": read-only");
	if (tree != on) {
		if (tree_attach(tree, on) < 0)
			fail("move_mount ", path, " to itself, read-only");
		close(tree);
	}
	close(on);
}

/* One empty file system for all directories. The first tree is attached; later ones are copies of it. */
static int empty_tree(int first, const char *path)
{
	static char read_only[] = "ro";
	static char *const data[] = {read_only, NULL};

	if (first >= 0)
		return tree_clone(first, "", AT_EMPTY_PATH);
	return tree_new("tmpfs", "tmpfs", data,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, path);
}

/* CVE-2025-31133: what covers a file is the host's /dev/null, checked by its numbers, and not a file of the container.
 */
static void mask(const char *path, int *empty)
{
	int on = open_path(path);
	struct stat found;
	int tree;

	if (on < 0)
		return;
	path_stat(on, &found);
	if (S_ISDIR(found.st_mode))
		tree = empty_tree(*empty, path);
	else
		tree = tree_clone(device_null(), "", AT_EMPTY_PATH);
	if (tree < 0)
		tree_clone_failed("mask ", path);
	if (tree_attach(tree, on) < 0)
		fail("move_mount of a mask to ", path);
	if (S_ISDIR(found.st_mode) && *empty < 0)
		*empty = tree;
	else
		close(tree);
	close(on);
}

void masks_make(const struct config *config)
{
	int empty = -1;

	for (size_t i = 0; i < config->readonly_paths.count; i++)
		make_readonly(config->readonly_paths.list[i]);
	for (size_t i = 0; i < config->masked_paths.count; i++)
		mask(config->masked_paths.list[i], &empty);
	if (empty >= 0)
		close(empty);
}
