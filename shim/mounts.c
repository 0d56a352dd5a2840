/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are mounted: the destination is resolved inside the root, checked, and what was opened and checked is
 * what is mounted on, so that a link exchanged in between leads nowhere (CVE-2021-30465).
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

enum { PROC_ROOT_INO = 1 }; /* the inode of the root of every procfs */

static bool is_in_proc(int fd)
{
	return path_system(fd) == PROC_SUPER_MAGIC;
}

static bool is_proc(int fd)
{
	struct stat found;

	path_stat(fd, &found);
	return is_in_proc(fd) && found.st_ino == PROC_ROOT_INO;
}

/* What lxcfs(1) has better numbers for. */
static bool is_statistics(const char *path)
{
	static const char *const names[] = {
		"cpuinfo", "diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps", "uptime"};

	for (size_t i = 0; strncmp(path, "/proc/", 6) == 0 && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(path + 6, names[i]) == 0)
			return true;
	return false;
}

static bool is_at(int fd, const char *path, uint64_t resolve)
{
	int there = path_open(root_fd(), path, O_PATH, resolve);
	bool same;

	if (there < 0 && !path_is_absent() && errno != ELOOP)
		fail("open ", path);
	same = there >= 0 && path_is_same(fd, there);
	if (there >= 0)
		close(there);
	return same;
}

/*
 * CVE-2019-16884, CVE-2025-52881: who can lay files of his own over a proc decides what is written to it, and what is
 * read from it.
 */
static void check_proc(const char *on, bool proc, int destination)
{
	if (!proc && is_at(destination, "/proc", 0))
		failx("mount on ", on, ": only a proc can be mounted there");
	if ((proc && is_proc(destination)) || !is_in_proc(destination))
		return;
	if (!is_statistics(on) || !is_at(destination, on, RESOLVE_NO_SYMLINKS))
		failx("mount on ", on, ": nothing can be mounted over a part of proc");
}

/* CVE-2019-19921, CVE-2023-27561, CVE-2023-28642: a /proc or /sys that is a link could lead to files of the image. */
static int open_ordinary(const char *path)
{
	int destination = path_open(root_fd(), path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);

	if (destination < 0 && errno == ENOENT) {
		close(path_make_directory(root_fd(), path, 0755));
		destination = path_open(root_fd(), path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	}
	if (destination < 0 && (errno == ENOTDIR || errno == ELOOP))
		fail("mount on ", path, ": must be an ordinary directory");
	if (destination < 0)
		fail("mount on ", path);
	return destination;
}

static bool is_directory(int fd)
{
	struct stat found;

	path_stat(fd, &found);
	return S_ISDIR(found.st_mode);
}

static int open_destination(const char *path, bool directory)
{
	int destination = path_open(root_fd(), path, O_PATH, 0);

	if (destination < 0 && errno == ENOENT)
		destination = directory ? path_make_directory(root_fd(), path, 0755)
					: path_make_file(root_fd(), path, 0644);
	if (destination < 0)
		fail("mount on ", path);
	if (is_directory(destination) != directory)
		failx("mount on ", path,
			directory ? ": is not a directory, but what is mounted is one"
				  : ": is a directory, but what is mounted is not");
	return destination;
}

static void propagate(int tree, const struct mount *mount)
{
	static const struct {
		uint64_t propagation;
		unsigned flags;
	} kinds[] = {
		[M_PRIVATE] = {MS_PRIVATE, 0},
		[M_RPRIVATE] = {MS_PRIVATE, AT_RECURSIVE},
		[M_SLAVE] = {MS_SLAVE, 0},
		[M_RSLAVE] = {MS_SLAVE, AT_RECURSIVE},
		[M_SHARED] = {MS_SHARED, 0},
		[M_RSHARED] = {MS_SHARED, AT_RECURSIVE},
		[M_UNBINDABLE] = {MS_UNBINDABLE, 0},
		[M_RUNBINDABLE] = {MS_UNBINDABLE, AT_RECURSIVE},
	};

	if (mount->propagation == UNCHANGED)
		return;
	if (tree_propagate(tree, kinds[mount->propagation].flags, kinds[mount->propagation].propagation) < 0)
		fail("mount_setattr of the propagation of ", mount->destination);
}

/* Whether something is mounted there; if so, that is the working directory. */
static bool enter_mount(const char *on)
{
	int there = path_open(root_fd(), on, O_PATH | O_DIRECTORY, 0);
	bool is_mount = there >= 0 && path_is_mount(there);

	if (there < 0 && errno != ENOENT)
		fail("replace ", on);
	if (is_mount && path_is_same(there, root_fd()))
		failx("replace ", on, ": is the root");
	if (is_mount && fchdir(there) < 0)
		fail("fchdir ", on);
	if (there >= 0)
		close(there);
	return is_mount;
}

/*
 * Takes away all that is mounted there, so that nothing lies below what comes instead; but what the kernel has locked
 * stays: a mount that comes from a mount namespace with more rights does not go alone, mount_namespaces(7).
 */
static void make_room(const char *on)
{
	bool is_locked = false;

	while (!is_locked && enter_mount(on)) {
		is_locked = syscall(SYS_umount2, ".", MNT_DETACH) < 0;
		if (is_locked && errno != EINVAL)
			fail("umount2 ", on);
	}
	if (chdir("/") < 0)
		fail("chdir /");
}

static void attach(const struct mount *mount, int tree)
{
	const char *on = mount->destination;
	bool proc = strcmp(mount->type, "proc") == 0;
	int destination = proc || strcmp(mount->type, "sysfs") == 0 ? open_ordinary(on)
								    : open_destination(on, is_directory(tree));

	if (path_is_same(destination, root_fd()))
		failx("mount on ", on, ": is the root, which nothing can be laid over");
	check_proc(on, proc || is_proc(tree), destination);
	if (mount->copy_up)
		copy_up(destination, tree);
	if (tree_attach(tree, destination) < 0)
		fail("move_mount ", mount->type, " to ", on);
	close(destination);
	propagate(tree, mount); /* only now: a shared mount makes shared what is attached to it */
}

void mounts_make(const struct config *config)
{
	for (size_t i = 0; i < config->mounts_count; i++) {
		const struct mount *mount = &config->mounts[i];

		if (sources_tree(i) < 0)
			continue;
		if (mount->replace)
			make_room(mount->destination);
		attach(mount, sources_tree(i));
	}
}
