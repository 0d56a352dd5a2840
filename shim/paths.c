/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of the container, by fd. The kernel resolves them inside the root (openat2 RESOLVE_IN_ROOT); what is missing
 * is made one name at a time below a directory that is open, never through a link (CVE-2024-45310).
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Returns -1 with errno, which is ENOENT where nothing is there. */
int path_open(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | resolve};
	int fd = -1;

	/* EAGAIN: something on the host was renamed or mounted while a ".." was followed */
	for (int tries = 0; fd < 0 && tries < 1000; tries++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return fd;
}

static void identify(int fd, struct statx *found)
{
	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, found) < 0)
		fail("statx");
}

/* Whether both are the same file of the same mount. */
bool path_is_same(int one, int other)
{
	struct statx a, b;

	identify(one, &a);
	identify(other, &b);
	return a.stx_mnt_id == b.stx_mnt_id && a.stx_ino == b.stx_ino;
}

bool path_is_same_mount(int one, int other)
{
	struct statx a, b;

	identify(one, &a);
	identify(other, &b);
	return a.stx_mnt_id == b.stx_mnt_id;
}

/* Whether something is mounted there, as that what is opened is its root. */
bool path_is_mount(int fd)
{
	struct statx found;

	identify(fd, &found);
	return found.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* Whether path_open() and the like found that nothing is there: any other error is one. */
bool path_is_absent(void)
{
	return errno == ENOENT || errno == ENOTDIR;
}

void path_stat(int fd, struct stat *found)
{
	if (fstat(fd, found) < 0)
		fail("fstat");
}

/* The number of the file system that it is in, statfs(2). */
unsigned path_system(int fd)
{
	struct statfs found;

	if (fstatfs(fd, &found) < 0)
		fail("fstatfs");
	return (unsigned)found.f_type;
}

/* To be asked before anything is made in a directory. */
void path_check_own(int directory, const char *path)
{
	if (!root_is_own() && !sources_hold(directory))
		failx(path, " is missing, and without a root of its own nothing is made in the host's file systems");
}

/* Opens a name in a directory, after it was made there, perhaps by somebody else. */
static int open_made(int directory, const char *name, int flags, const char *path)
{
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | flags);
	struct stat found;

	if (fd < 0 && errno == ENOTDIR)
		failx("make ", path, ": ", name, " is not a directory, or a link that leads nowhere");
	if (fd < 0)
		fail("make ", path);
	path_stat(fd, &found);
	if (S_ISLNK(found.st_mode))
		failx("make ", path, ": ", name, " is a link that leads nowhere");
	return fd;
}

/* mkdirat, and closes the parent. */
static int make_directory(int parent, const char *name, mode_t mode, const char *path)
{
	mode_t mask;
	int made, directory;

	if (strcmp(name, ".") == 0)
		return parent;
	if (strcmp(name, "..") == 0)
		failx("make ", path, ": what stands before a .. must be there");
	path_check_own(parent, path);
	mask = umask(0);
	made = mkdirat(parent, name, mode);
	umask(mask);
	if (made < 0 && errno != EEXIST)
		fail("make ", path);
	directory = open_made(parent, name, O_DIRECTORY, path);
	close(parent);
	return directory;
}

/* Opens the directory; makes what is missing of it. Does not return without. */
int path_make_directory(int root, const char *path, mode_t mode)
{
	char part[PATH_MAX];
	char *end = part + strlen(path);
	int directory;

	if (end >= part + sizeof(part))
		failx(path, ": the name is too long");
	strcpy(part, path);
	while ((directory = path_open(root, *part ? part : "/", O_PATH | O_DIRECTORY, 0)) < 0) {
		if (errno != ENOENT || end == part)
			fail("make ", path);
		while (*--end != '/')
			continue;
		*end = '\0';
	}
	for (const char *rest = path + (end - part); *(rest += strspn(rest, "/"));) {
		size_t length = strcspn(rest, "/");

		memcpy(part, rest, length);
		part[length] = '\0';
		directory = make_directory(directory, part, mode, path);
		rest += length;
	}
	return directory;
}

/* Opens the directory that the last name of the path is in, and makes what is missing of it. */
int path_parent(int root, const char *path, const char **name)
{
	char parent[PATH_MAX];
	size_t length;

	*name = strrchr(path, '/') + 1;
	length = (size_t)(*name - path);
	if (length >= sizeof(parent))
		failx(path, ": the name is too long");
	if (!**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		failx(path, ": is the name of a directory");
	memcpy(parent, path, length);
	parent[length] = '\0';
	return path_make_directory(root, parent, 0755);
}

/* Opens the file; makes an empty one, and the directories before it, where it is missing. Does not return without. */
int path_make_file(int root, const char *path, mode_t mode)
{
	int fd = path_open(root, path, O_PATH, 0);
	const char *name;
	mode_t mask;
	int parent;

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		fail("make ", path);
	parent = path_parent(root, path, &name);
	path_check_own(parent, path);
	mask = umask(0);
	fd = openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	umask(mask);
	if (fd < 0 && errno != EEXIST)
		fail("make ", path);
	if (fd >= 0)
		close(fd);
	fd = open_made(parent, name, 0, path);
	close(parent);
	return fd;
}
