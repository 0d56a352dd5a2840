/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tmpfs begins with, where it is asked to (tmpcopyup of OCI): a copy of the directory that it covers.
 * Directories, regular files and symbolic links, with owner, mode and times; nothing else of an image has any use in a
 * tmpfs. By fds, and no link is followed.
 */

#include "shim.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_at(int directory, const char *name, int flags)
{
	int file = openat(directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (file < 0)
		fail("copy ", name, " to a tmpfs");
	return file;
}

static void set_owner(int file, const struct stat *like, const char *name)
{
	const struct timespec times[] = {like->st_atim, like->st_mtim};

	if (fchown(file, like->st_uid, like->st_gid) < 0 || fchmod(file, like->st_mode & 07777) < 0 ||
		futimens(file, times) < 0)
		fail("set the owner and mode of ", name, " in a tmpfs");
}

static void copy_file(int from, int to, const struct stat *found, const char *name)
{
	int source = open_at(from, name, O_RDONLY), copy = open_at(to, name, O_WRONLY | O_CREAT | O_EXCL);
	ssize_t sent;

	while ((sent = sendfile(copy, source, NULL, 1 << 30)) > 0)
		continue;
	if (sent < 0)
		fail("copy ", name, " to a tmpfs");
	set_owner(copy, found, name);
	close(source);
	close(copy);
}

static void copy_link(int from, int to, const struct stat *found, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	target[length > 0 ? length : 0] = '\0';
	if (length < 0 || symlinkat(target, to, name) < 0 ||
		fchownat(to, name, found->st_uid, found->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		fail("copy the link ", name, " to a tmpfs");
}

static void copy_all(int from, int to)
{
	_Alignas(struct entry) char buffer[2048];
	long length;

	while ((length = syscall(SYS_getdents64, from, buffer, sizeof(buffer))) > 0)
		for (const char *at = buffer; at < buffer + length; at += ((const struct entry *)at)->size) {
			const char *name = ((const struct entry *)at)->name;
			struct stat found;

			if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			if (fstatat(from, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
				fail("copy ", name, " to a tmpfs");
			if (S_ISREG(found.st_mode)) {
				copy_file(from, to, &found, name);
			} else if (S_ISLNK(found.st_mode)) {
				copy_link(from, to, &found, name);
			} else if (S_ISDIR(found.st_mode)) {
				int source = open_at(from, name, O_RDONLY | O_DIRECTORY), copy;

				if (mkdirat(to, name, 0700) < 0)
					fail("copy ", name, " to a tmpfs");
				copy = open_at(to, name, O_RDONLY | O_DIRECTORY);
				copy_all(source, copy);
				set_owner(copy, &found, name);
				close(source);
				close(copy);
			}
		}
	if (length < 0)
		fail("read a directory that a tmpfs covers");
}

/* Both are directories, opened with O_PATH or not. The tmpfs is not attached yet. */
void copy_up(int covered, int tmpfs)
{
	int from = open_at(covered, ".", O_RDONLY | O_DIRECTORY), to = open_at(tmpfs, ".", O_RDONLY | O_DIRECTORY);
	struct stat found;

	path_stat(from, &found);
	copy_all(from, to);
	set_owner(to, &found, ".");
	close(from);
	close(to);
}
