/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New namespaces. clone3(2) makes them together with the process, so that the kernel charges them to the cgroup of
 * the outer. Two kinds are made later, by the init itself: the cgroup namespace, which clone3 would root at the
 * outer's cgroup, and the time namespace, whose clocks can be set only while nobody is in it (kernel.c).
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

static _Noreturn void clone_failed(const struct config *config)
{
	switch (errno) {
	case EAGAIN:
		fail("clone3: no more tasks: RLIMIT_NPROC, or the pids.max of a cgroup above");
	case ENOSPC:
		fail("clone3: no more namespaces: a limit in /proc/sys/user is reached");
	case EBUSY:
		fail("clone3: the cgroup does not accept processes: controllers are enabled for its children");
	case ENOENT: /* nsdelegate, cgroups(7) */
		fail("clone3: the cgroup lies outside the cgroup namespace of the caller: mount cgroup2 again inside");
	case EACCES:
		fail("clone3: the cgroup.procs of the next cgroup above both the caller's and the container's is not "
		     "ours");
	case EPERM:
		if (config_makes_namespace(config, NS_USER))
			fail("clone3: a new user namespace is forbidden here: in a chroot, or by a security module");
		fail("clone3: new namespaces need CAP_SYS_ADMIN");
	case ENOMEM: /* alloc_pid() says so */
		if (joiner_needed())
			fail("clone3: the first process of the joined pid namespace has ended: it accepts no other");
		__attribute__((fallthrough));
	default:
		fail("clone3");
	}
}

/* The init, as a child of the caller, or of the caller's parent. Returns 0 in it. */
static pid_t clone_init(const struct config *config, struct clone_args *args)
{
	long pid;

	for (int type = 0; type < NS_COUNT; type++)
		if (config_makes_namespace(config, type) && type != NS_CGROUP && type != NS_TIME)
			args->flags |= namespace_kinds[type].flag;
	if (cgroup_fd() >= 0) {
		args->flags |= CLONE_INTO_CGROUP;
		args->cgroup = (uint64_t)cgroup_fd();
	}
	pid = syscall(SYS_clone3, args, sizeof(*args));
	if (pid < 0)
		clone_failed(config);
	return (pid_t)pid;
}

void namespaces_clone(const struct config *config)
{
	struct clone_args args = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&child.pidfd};
	int alive[2];
	pid_t pid;

	user_namespace_prepare(config);
	if (pipe2(alive, O_CLOEXEC) < 0)
		fail("pipe2");
	fds_keep(&child.alive, OUTER_AND_INIT);
	fds_keep(&child.pidfd, OUTER_ALONE);
	pid = joiner_needed() ? joiner_fork() : clone_init(config, &args);
	child.alive = alive[pid == 0];
	close(alive[pid != 0]);
	if (pid == 0 && joiner_needed())
		steps_joiner(config);
	if (pid == 0)
		steps_init(config);
	child.pid = child.program = joiner_needed() ? joiner_wait(config, pid) : pid;
	user_namespace_await(config);
}

/* In the joiner; an exit signal of its own the init cannot have (clone(2): it is that of the joiner). */
void namespaces_clone_sibling(const struct config *config)
{
	struct clone_args args = {.flags = CLONE_PARENT};
	pid_t pid = clone_init(config, &args);

	if (pid == 0) {
		joiner_leave();
		steps_init(config);
	}
	joiner_tell(pid);
}

void namespaces_cgroup(const struct config *config)
{
	if (config_makes_namespace(config, NS_CGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		fail("unshare CLONE_NEWCGROUP");
	joiner_cgroup(config);
}
