/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces that are there already: those of a path, and those of a process of a running container. The maker joins
 * them (maker.c). The cgroup namespace is joined last of all: from inside, the kernel refuses to clone into a
 * cgroup that is outside (cgroups(7), nsdelegate).
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int opened[NS_COUNT] = {-1, -1, -1, -1, -1, -1, -1, -1};
static int target = -1; /* the pidfd of config.target */
static int joined;      /* CLONE_NEW… of all that are */

bool joiner_needed(void)
{
	return joined & ~CLONE_NEWCGROUP;
}

bool joiner_joins(enum namespace_type type)
{
	return joined & namespace_kinds[type].flag;
}

/*
 * Whoever has CAP_SYS_PTRACE in a container can attach to a process as soon as that is in its pid namespace, before it
 * is the program. So it has no rights by then that the program will not have: the maker, which is in no pid namespace
 * of a container, does what needs more. Where a user namespace is joined, nobody inside can attach to what the shim is,
 * for its memory belongs to the user namespace outside.
 */
bool joiner_is_last(const struct config *config)
{
	return config->init_type == INIT_SETNS && joiner_needed() && !joiner_joins(NS_USER);
}

/* ---- what is to be joined, in the outer ------------------------------------------------------------------ */

static const char *kind_of(int flag)
{
	for (int type = 0; type < NS_COUNT; type++)
		if (namespace_kinds[type].flag == flag)
			return namespace_kinds[type].name;
	return "new kind of";
}

static const char *ns_path(struct text *path, const char *process, int type)
{
	path->length = 0;
	text_add(path, "/proc/");
	text_add(path, process);
	text_add(path, "/ns/");
	text_add(path, namespace_kinds[type].file);
	return text_end(path);
}

/* Whether it is the one the caller is in: joining that again is an error for some kinds, and needs rights for all. */
static bool is_own(const struct stat *other, int type)
{
	TEXT(path, 48);
	struct stat own;

	if (stat(ns_path(&path, "self", type), &own) < 0)
		fail("stat ", path.bytes);
	return own.st_dev == other->st_dev && own.st_ino == other->st_ino;
}

static void open_path(const char *path, int type)
{
	int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	int flag = -1;

	if (file < 0)
		fail("open ", path);
	if (path_system(file) == NSFS_MAGIC) /* what another device takes that ioctl for is not known */
		flag = ioctl(file, NS_GET_NSTYPE);
	if (flag < 0)
		failx(path, " is not a namespace");
	if (flag != namespace_kinds[type].flag)
		failx(path, " is a ", kind_of(flag), " namespace, not a ", namespace_kinds[type].name, " namespace");
	path_stat(file, &status);
	if (is_own(&status, type)) {
		close(file);
		return;
	}
	opened[type] = file;
	joined |= flag;
}

static _Noreturn void target_gone(const char *pid)
{
	errno = ESRCH;
	fail("the container has ended: its process ", pid);
}

/* Ends the launch unless the process that has the pid now is the one that was meant. */
static void check_start_time(const struct target *of, const char *pid)
{
	char line[512];
	const char *state = proc_stat((pid_t)of->pid.value, 3, line, sizeof(line)), *start_time;

	if (!state || *state == 'Z' || *state == 'X')
		target_gone(pid);
	start_time = proc_stat((pid_t)of->pid.value, 22, line, sizeof(line));
	if (!start_time || text_decimal(start_time, NULL) != of->start_time.value)
		target_gone(pid);
}

static void open_kind_of_target(const char *pid, int type)
{
	TEXT(path, 48);
	struct stat status;

	if (stat(ns_path(&path, "self", type), &status) < 0 && errno == ENOENT)
		return; /* a kind that the kernel does not have */
	if (stat(ns_path(&path, pid, type), &status) < 0) {
		if (errno == ENOENT || errno == ESRCH)
			target_gone(pid);
		fail("stat ", path.bytes);
	}
	if (is_own(&status, type))
		return;
	joined |= namespace_kinds[type].flag;
	if (type != NS_CGROUP)
		return;
	opened[type] = open(path.bytes, O_RDONLY | O_CLOEXEC);
	if (opened[type] < 0)
		fail("open ", path.bytes);
}

/*
 * The pidfd is opened before the start time is read, and the process is still there after its namespaces were: then
 * all of it is of one process.
 */
static void open_target(const struct target *of)
{
	TEXT(pid, 24);

	text_number(&pid, of->pid.value);
	text_end(&pid);
	target = (int)syscall(SYS_pidfd_open, (pid_t)of->pid.value, 0);
	if (target < 0 && errno == ESRCH)
		target_gone(pid.bytes);
	if (target < 0)
		fail("pidfd_open ", pid.bytes);
	check_start_time(of, pid.bytes);
	for (int type = 0; type < NS_COUNT; type++)
		open_kind_of_target(pid.bytes, type);
	if (syscall(SYS_pidfd_send_signal, target, 0, NULL, 0) < 0 && errno != EPERM) {
		if (errno == ESRCH)
			target_gone(pid.bytes);
		fail("pidfd_send_signal ", pid.bytes);
	}
	if (!joiner_needed()) { /* all of them are the caller's, or all but one that the init joins */
		close(target);
		target = -1;
	}
}

void joiner_open(const struct config *config)
{
	for (int type = 0; type < NS_COUNT; type++)
		if (config_joins_namespace(config, type))
			open_path(config->namespaces.of[type], type);
	if (config->target.given)
		open_target(&config->target);
}

/* ---- in the maker ----------------------------------------------------------------------------------------- */

static _Noreturn void join_failed(const char *what, int type)
{
	switch (errno) {
	case EPERM:
		fail("setns ", what, ": needs CAP_SYS_ADMIN in the user namespace that owns it");
	case EINVAL:
		if (type == NS_PID)
			fail("setns ", what, ": the pid namespace is not below the caller's");
		__attribute__((fallthrough));
	default:
		fail("setns ", what);
	}
}

/* Joins one that was opened and is not joined yet. */
static void join(const struct config *config, int type, bool may_be_refused)
{
	if (opened[type] < 0)
		return;
	if (setns(opened[type], namespace_kinds[type].flag) == 0) {
		close(opened[type]);
		opened[type] = -1;
	} else if (errno != EPERM || !may_be_refused) {
		join_failed(config->namespaces.of[type], type);
	}
}

static void join_target(const struct config *config)
{
	TEXT(pid, 24);

	text_number(&pid, config->target.pid.value);
	if (setns(target, joined & ~CLONE_NEWCGROUP) == 0) {
		close(target); /* before the init is made: who is inside must not see it there */
		return;
	}
	if (errno == ESRCH)
		target_gone(text_end(&pid));
	join_failed(text_end(&pid), NS_COUNT);
}

/*
 * The caller's rights reach those that the caller's user namespace owns, and with root those below; a caller without
 * root has rights only in the user namespace. So each is tried before it and again after it.
 */
void joiner_join(const struct config *config)
{
	for (int type = 0; type < NS_COUNT; type++)
		if (type != NS_USER && type != NS_CGROUP)
			join(config, type, opened[NS_USER] >= 0);
	join(config, NS_USER, false);
	for (int type = 0; type < NS_COUNT; type++)
		if (type != NS_CGROUP)
			join(config, type, false);
	if (target >= 0)
		join_target(config);
}

/* In the outer, when the maker has joined them. */
void joiner_close(void)
{
	for (int type = 0; type < NS_COUNT; type++)
		if (opened[type] >= 0)
			close(opened[type]);
}

/* ---- in the init ----------------------------------------------------------------------------------------- */

void joiner_cgroup(const struct config *config)
{
	const char *path = config->namespaces.of[NS_CGROUP];

	if (opened[NS_CGROUP] >= 0 && setns(opened[NS_CGROUP], CLONE_NEWCGROUP) < 0)
		join_failed(path ? path : "of the cgroup namespace of the target", NS_CGROUP);
}
