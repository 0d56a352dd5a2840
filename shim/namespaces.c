/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New namespaces. clone3(2) makes them together with the process, so that the kernel charges them to the cgroup of
 * the outer. The cgroup namespace is the exception: clone3 would root it at the outer's cgroup.
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

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

static const uint64_t clone_flag[NS_COUNT] = {
	[NS_IPC] = CLONE_NEWIPC,
	[NS_MOUNT] = CLONE_NEWNS,
	[NS_PID] = CLONE_NEWPID,
	[NS_NETWORK] = CLONE_NEWNET,
	[NS_USER] = CLONE_NEWUSER,
	[NS_UTS] = CLONE_NEWUTS,
	/* NS_CGROUP: namespaces_cgroup() */
};

struct child child = {.pidfd = -1, .alive = -1};

static _Noreturn void clone_failed(void)
{
	switch (errno) {
	case EAGAIN:
		fail("clone3: no more tasks: RLIMIT_NPROC, or the pids.max of a cgroup above");
	case ENOSPC:
		fail("clone3: no more namespaces: a limit in /proc/sys/user is reached");
	case EBUSY:
		fail("clone3: the cgroup takes no processes: controllers are enabled for its children");
	case EPERM:
		fail("clone3: new namespaces need CAP_SYS_ADMIN");
	default:
		fail("clone3");
	}
}

void namespaces_clone(const struct config *config)
{
	struct clone_args args = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&child.pidfd};
	int alive[2];
	long pid;

	for (int type = 0; type < NS_COUNT; type++)
		if (config_makes_namespace(config, type))
			args.flags |= clone_flag[type];
	if (cgroup_fd() >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd();
	}
	if (pipe2(alive, O_CLOEXEC) < 0)
		fail("pipe2");
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		clone_failed();
	child.alive = alive[pid == 0];
	close(alive[pid != 0]);
	if (pid == 0)
		steps_init(config);
	child.pid = child.program = (pid_t)pid;
}

void namespaces_open(const struct config *config)
{
	(void)config;
}

void namespaces_join(const struct config *config)
{
	(void)config;
}

void namespaces_clone_sibling(const struct config *config)
{
	(void)config;
}

void namespaces_cgroup(const struct config *config)
{
	if (config_makes_namespace(config, NS_CGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		fail("unshare CLONE_NEWCGROUP");
}
