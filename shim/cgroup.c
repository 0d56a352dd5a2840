/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's cgroup directories. The controller makes them and writes their files; the outer only opens the
 * one the init is cloned into and, when the container has ended and the controller has not done it, removes them.
 */

#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { REMOVE_TRIES = 200, REMOVE_PAUSE_MS = 10 };

static int directory = -1;

void cgroup_open(const struct config *config)
{
	if (!config->cgroup.path)
		return;
	directory = open(config->cgroup.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		fail("open the cgroup ", config->cgroup.path);
}

void cgroup_close(const struct config *config)
{
	(void)config;
	if (directory >= 0)
		close(directory);
}

int cgroup_fd(void)
{
	return directory;
}

/* Reaches what the death of the init does not: a container without a pid namespace of its own (cgroup v2). */
void cgroup_kill(const struct config *config)
{
	(void)config;
	int file = directory < 0 ? -1 : openat(directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);

	if (file < 0)
		return; /* Linux < 5.14 has no such file; the pid namespace then does the work */
	(void)write(file, "1", 1);
	close(file);
}

struct entry { /* struct linux_dirent64, getdents(2) */
	uint64_t inode;
	int64_t next;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* The cgroups that the program made below its own; the kernel removes none that has children. */
static void remove_children(int parent, const char *name)
{
	_Alignas(struct entry) char buffer[2048];
	int file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	long length;

	if (file < 0)
		return;
	while ((length = syscall(SYS_getdents64, file, buffer, sizeof(buffer))) > 0)
		for (const char *at = buffer; at < buffer + length; at += ((const struct entry *)at)->size) {
			const struct entry *entry = (const struct entry *)at;

			if (entry->type != DT_DIR || strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
				continue;
			remove_children(file, entry->name);
			unlinkat(file, entry->name, AT_REMOVEDIR);
		}
	close(file);
}

static bool remove_directory(const char *path)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_MS * 1000000L};

	for (int tries = 0; tries < REMOVE_TRIES; tries++) {
		if (rmdir(path) == 0)
			return true;
		if (errno != EBUSY) /* busy: a dying process, or another cgroup, is still in it */
			break;
		remove_children(AT_FDCWD, path);
		nanosleep(&pause, NULL);
	}
	return false;
}

/* Does nothing when the controller has done it; the kernel refuses a base that another container needs. */
void cgroup_remove(const struct config *config)
{
	bool was_left = false;

	for (size_t i = 0; i < config->cgroup.directories.count; i++)
		was_left |= remove_directory(config->cgroup.directories.list[i]);
	for (size_t i = 0; was_left && i < config->cgroup.bases.count; i++)
		rmdir(config->cgroup.bases.list[i]);
}
