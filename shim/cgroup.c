/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's cgroup directories. The controller makes them and writes their files; the outer only opens them and,
 * when the container has ended and the controller has not done it, kills what is still inside and removes them.
 */

#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { KILL_TRIES = 100, FREEZE_TRIES = 50, REMOVE_TRIES = 1000, PAUSE_MS = 2 };

static int own = -1; /* the one that the init is cloned into */
static int locks[CGROUPS_MAX];
static size_t lock_count;

/*
 * Says for as long as the outer lives, and whoever kills it, that the directory is in use: one that nobody locks was
 * left behind.
 * The lock belongs to the open file, which others inherit and close. That somebody else has it is no reason to fail.
 */
static void lock(const char *path)
{
	int file = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (file < 0 && errno == ENOENT)
		return; /* the controller makes it when it is first needed */
	if (file < 0)
		fail("open the cgroup ", path);
	if (flock(file, LOCK_EX | LOCK_NB) < 0 && errno != EWOULDBLOCK)
		fail("lock the cgroup ", path);
	locks[lock_count] = file;
	fds_keep(&locks[lock_count++], OUTER_ALONE);
}

void cgroup_open(const struct config *config)
{
	for (size_t i = 0; i < config->cgroup.directories.count; i++)
		lock(config->cgroup.directories.list[i]);
	if (!config->cgroup.path)
		return;
	own = open(config->cgroup.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (own < 0)
		fail("open the cgroup ", config->cgroup.path);
	fds_keep(&own, OUTER_ALONE);
}

int cgroup_fd(void)
{
	return own;
}

/* ---- what is in them ------------------------------------------------------------------------------------- */

/* Does something with the cgroups that the program made below its own, the deepest first. */
static void for_children(int parent, const char *name, void (*act)(int parent, const char *name))
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
			for_children(file, entry->name, act);
			act(file, entry->name);
		}
	close(file);
}

static void for_all(const struct strings *directories, void (*act)(int parent, const char *name))
{
	for (size_t i = 0; i < directories->count; i++) {
		for_children(AT_FDCWD, directories->list[i], act);
		act(AT_FDCWD, directories->list[i]);
	}
}

static int open_file(int parent, const char *directory, const char *name, int flags)
{
	int opened = openat(parent, directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int file = opened < 0 ? -1 : openat(opened, name, flags | O_CLOEXEC);

	if (opened >= 0)
		close(opened);
	return file;
}

/* Nothing where there is no such file. */
static void write_file(int parent, const char *directory, const char *name, const char *value)
{
	int file = open_file(parent, directory, name, O_WRONLY);

	if (file < 0)
		return;
	(void)write(file, value, strlen(value));
	close(file);
}

static void sleep_for(int milliseconds)
{
	const struct timespec pause = {.tv_nsec = milliseconds * 1000000L};

	nanosleep(&pause, NULL);
}

/* ---- killing --------------------------------------------------------------------------------------------- */

static int signal_number; /* 0 only counts */
static size_t found;

static void signal_inside(int parent, const char *name)
{
	int file = open_file(parent, name, "cgroup.procs", O_RDONLY);
	char buffer[4096];
	ssize_t length;
	pid_t pid = 0;

	if (file < 0)
		return;
	while ((length = read(file, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < length; i++) {
			if (buffer[i] != '\n') {
				pid = pid * 10 + (buffer[i] - '0');
				continue;
			}
			found++;
			if (pid > 0) /* 0: it is not in our pid namespace; for kill(2) that is something else */
				kill(pid, signal_number);
			pid = 0;
		}
	close(file);
}

/* How many there were. */
static size_t signal_all(const struct strings *directories, int number)
{
	signal_number = number;
	found = 0;
	for_all(directories, signal_inside);
	return found;
}

/* The kernel freezes one after the other; whoever cannot be frozen now is signalled all the same. */
static void freeze(const char *directory)
{
	char state[16];

	write_file(AT_FDCWD, directory, "freezer.state", "FROZEN");
	for (int tries = 0; tries < FREEZE_TRIES; tries++) {
		int file = open_file(AT_FDCWD, directory, "freezer.state", O_RDONLY);
		ssize_t length = file < 0 ? 0 : read(file, state, sizeof(state));

		if (file >= 0)
			close(file);
		if (length < 3 || memcmp(state + length - 3, "NG\n", 3) != 0) /* FREEZING */
			return;
		sleep_for(1);
	}
}

/* Also one below that the program froze. */
static void thaw(int parent, const char *name)
{
	write_file(parent, name, "freezer.state", "THAWED");
}

/*
 * Reaches what the death of process 1 does not: a container without a pid namespace of its own, and one that was
 * frozen. No fork escapes cgroup.kill; on v1, and before Linux 5.14, forks are refused and whoever there is held still
 * while it is signalled. A process that has joined leaves the others alone.
 */
void cgroup_kill(const struct config *config)
{
	const struct strings *directories = &config->cgroup.directories;

	if (config->init_type == INIT_SETNS)
		return;
	if (config->cgroup.path)
		write_file(AT_FDCWD, config->cgroup.path, "cgroup.kill", "1");
	for (int tries = 0; tries < KILL_TRIES && signal_all(directories, 0) > 0; tries++) {
		for (size_t i = 0; i < directories->count; i++) {
			write_file(AT_FDCWD, directories->list[i], "pids.max", "0");
			freeze(directories->list[i]);
		}
		signal_all(directories, SIGKILL);
		for_all(directories, thaw); /* frozen they cannot die */
		sleep_for(PAUSE_MS);
	}
}

/* ---- removing -------------------------------------------------------------------------------------------- */

/* The kernel removes no cgroup that has children. */
static void remove_child(int parent, const char *name)
{
	unlinkat(parent, name, AT_REMOVEDIR);
}

static bool remove_directory(const char *path)
{
	for (int tries = 0; tries < REMOVE_TRIES; tries++) {
		if (rmdir(path) == 0)
			return true;
		if (errno != EBUSY) /* busy: a dying process, or another cgroup, is still in it */
			break;
		for_children(AT_FDCWD, path, remove_child);
		sleep_for(PAUSE_MS);
	}
	return false;
}

/* Does nothing when the controller has done it; the kernel refuses a base that another container needs. The file that
 * says where the container is goes with it. */
void cgroup_remove(const struct config *config)
{
	bool was_left = false;

	if (config->init_type == INIT_SETNS)
		return;
	if (config->state_file)
		unlink(config->state_file);
	for (size_t i = 0; i < config->cgroup.directories.count; i++)
		was_left |= remove_directory(config->cgroup.directories.list[i]);
	for (size_t i = 0; was_left && i < config->cgroup.bases.count; i++)
		rmdir(config->cgroup.bases.list[i]);
}
