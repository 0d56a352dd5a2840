/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maker: a process between the outer and the others, where namespaces are joined or process 1 is ours. Who has
 * joined a namespace, or is in one that others shall share, cannot leave it, and the outer must stay outside. So the
 * maker joins and makes them, makes process 1 and the init in them as children of the outer, tells their pids and ends.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct pids {
	pid_t process_1; /* 0: the container's process 1 is not ours */
	pid_t init;
};

static struct pids made;
static int told[2] = {-1, -1}; /* a pipe for them */

bool maker_needed(const struct config *config)
{
	return config->process_1 || joiner_needed();
}

/* Returns 0 in it. Its exit signal becomes that of its children's. */
pid_t maker_fork(void)
{
	struct clone_args args = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&child.pidfd};
	long pid;

	if (pipe2(told, O_CLOEXEC | O_NONBLOCK) < 0)
		fail("pipe2");
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		fail("clone3 of the process that makes the namespaces");
	return (pid_t)pid;
}

/* ---- in the maker ---------------------------------------------------------------------------------------- */

/* The first process in the new pid namespace. */
void maker_process_1(const struct config *config)
{
	if (!config->process_1)
		return;
	made.process_1 = namespaces_clone_sibling(config, -1);
	if (made.process_1 == 0)
		steps_process_1(config);
}

void maker_init(const struct config *config)
{
	made.init = namespaces_clone_sibling(config, cgroup_fd());
	if (made.init == 0) {
		close(told[0]); /* no other process may find them in the init */
		close(told[1]);
		steps_init(config);
	}
	if (write(told[1], &made, sizeof(made)) != sizeof(made))
		fail("write the pid of the init");
}

/* ---- in the outer ---------------------------------------------------------------------------------------- */

/*
 * A maker that failed has reported it and stayed until the controller closed the channel; one that was killed could
 * not. What it made are children of this process, so their pids are their own until they are reaped here.
 */
void maker_wait(const struct config *config)
{
	struct pollfd watched[] = {
		{.fd = child.pidfd, .events = POLLIN},
		{.fd = fds_channel(), .events = POLLRDHUP},
	};
	TEXT(number, 24);
	int status;

	while (poll(watched, 2, -1) < 0)
		if (errno != EINTR)
			fail("poll");
	if (!watched[0].revents)
		child_signal(SIGKILL); /* nobody wants what it makes; somebody may have stopped it */
	while (waitpid(child.pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid of the process that makes the namespaces");
	child.pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == REPORTED) {
		watch_release(config);
		_exit(REPORTED);
	}
	if (read(told[0], &made, sizeof(made)) != sizeof(made)) {
		if (!WIFSIGNALED(status))
			fail("the process that makes the namespaces did not say what it made");
		text_number(&number, WTERMSIG(status));
		failx("the process that makes the namespaces was killed by signal ", text_end(&number));
	}
	process_1_is(made.process_1);
	close(child.pidfd);
	child.pid = made.init;
	child.pidfd = (int)syscall(SYS_pidfd_open, made.init, 0);
	if (child.pidfd < 0)
		fail("pidfd_open of the init");
	close(told[0]);
	close(told[1]);
	joiner_close();
}
