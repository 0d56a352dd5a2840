/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New namespaces. They are made together with the init, or by the maker before it, so that the kernel charges them to
 * the cgroup of the outer. Two kinds are made later, by the init itself: the cgroup namespace, which clone3 would root
 * at the outer's cgroup, and the time namespace, whose clocks can be set only while nobody is in it (kernel.c).
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct namespace_kind namespace_kinds[NS_COUNT] = {
	[NS_CGROUP] = {"cgroup", "cgroup", CLONE_NEWCGROUP},
	[NS_IPC] = {"ipc", "ipc", CLONE_NEWIPC},
	[NS_MOUNT] = {"mount", "mnt", CLONE_NEWNS},
	[NS_NETWORK] = {"network", "net", CLONE_NEWNET},
	[NS_PID] = {"pid", "pid", CLONE_NEWPID},
	[NS_TIME] = {"time", "time", CLONE_NEWTIME},
	[NS_USER] = {"user", "user", CLONE_NEWUSER},
	[NS_UTS] = {"uts", "uts", CLONE_NEWUTS},
};

static int unshared; /* CLONE_NEW… of those that the maker is in, and with it what it makes */

static _Noreturn void failed(const struct config *config, const char *call)
{
	const char *pid = config->namespaces.of[NS_PID];

	switch (errno) {
	case EAGAIN:
		fail(call, ": no more tasks: RLIMIT_NPROC, or the pids.max of a cgroup above");
	case ENOSPC:
		fail(call, ": no more namespaces: a limit in /proc/sys/user is reached");
	case EBUSY:
		fail(call, ": the cgroup does not accept processes: controllers are enabled for its children");
	case ENOENT: /* nsdelegate, cgroups(7) */
		fail(call, ": the cgroup lies outside the cgroup namespace of the caller: mount cgroup2 again inside");
	case EACCES:
		fail(call, ": the cgroup.procs of the next cgroup above both the caller's and the container's is not "
			   "ours");
	case EPERM:
		if (config_makes_namespace(config, NS_USER))
			fail(call, ": a new user namespace is forbidden here: in a chroot, or by a security module");
		fail(call, ": new namespaces need CAP_SYS_ADMIN");
	case ENOMEM: /* alloc_pid() says so */
		if (joiner_joins(NS_PID) || unshared & CLONE_NEWPID)
			fail(call, ": the pid namespace ",
				config_joins_namespace(config, NS_PID) ? pid : "of the container",
				" takes no process: its first one has ended, or there is no memory");
		__attribute__((fallthrough));
	default:
		fail(call);
	}
}

/* CLONE_NEW… of those that are made together with a process. */
static int new_ones(const struct config *config)
{
	int flags = 0;

	for (int type = 0; type < NS_COUNT; type++)
		if (config_makes_namespace(config, type) && type != NS_CGROUP && type != NS_TIME)
			flags |= namespace_kinds[type].flag;
	return flags & ~unshared;
}

/* In a cgroup v2, or where it is -1 in that of the caller. Returns 0 in the new process. */
static pid_t clone_into(const struct config *config, struct clone_args *args, int cgroup)
{
	long pid;

	args->flags |= (uint64_t)new_ones(config);
	if (cgroup >= 0) {
		args->flags |= CLONE_INTO_CGROUP;
		args->cgroup = (uint64_t)cgroup;
	}
	pid = syscall(SYS_clone3, args, sizeof(*args));
	if (pid < 0)
		failed(config, "clone3");
	return (pid_t)pid;
}

/* The init, or the maker that makes it. */
void namespaces_clone(const struct config *config)
{
	struct clone_args args = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&child.pidfd};
	bool has_maker = maker_needed(config);
	int alive[2];
	pid_t pid;

	user_namespace_prepare(config);
	if (pipe2(alive, O_CLOEXEC) < 0)
		fail("pipe2");
	fds_keep(&child.alive, OUTER_AND_INIT);
	fds_keep(&child.pidfd, OUTER_ALONE);
	pid = has_maker ? maker_fork() : clone_into(config, &args, cgroup_fd());
	child.alive = alive[pid == 0];
	close(alive[pid != 0]);
	if (pid == 0 && has_maker)
		steps_maker(config);
	if (pid == 0)
		steps_init(config);
	child.pid = pid; /* of the maker, until that has made the init */
	if (has_maker)
		maker_wait(config);
	user_namespace_await(config);
}

/* In the maker, for process 1 and the init together; without process 1 clone3(2) makes them with the init. */
void namespaces_make(const struct config *config)
{
	int flags = new_ones(config);

	if (!config->process_1)
		return;
	if (unshare(flags) < 0)
		failed(config, "unshare");
	unshared = flags;
}

/* In the maker. A sibling has the exit signal of who makes it, clone(2). */
pid_t namespaces_clone_sibling(const struct config *config, int cgroup)
{
	struct clone_args args = {.flags = CLONE_PARENT};

	return clone_into(config, &args, cgroup);
}

void namespaces_cgroup(const struct config *config)
{
	if (config_makes_namespace(config, NS_CGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		fail("unshare CLONE_NEWCGROUP");
	joiner_cgroup(config);
}
