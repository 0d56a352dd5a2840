/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of the container, where the program shall not be it: it forwards the signals it gets to the program, reaps
 * whom the kernel gives it as children, and ends with the program. A socket pair leads out of the container: the init
 * says its pid on it, and process 1 how the program ended; it ends when the outer has answered that.
 */

#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int outer_end = -1, inner_end = -1;

/* ---- in the outer ---------------------------------------------------------------------------------------- */

void reaper_open(const struct config *config)
{
	int ends[2], on = 1;

	if (!config->reaper)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		fail("socketpair");
	outer_end = ends[0];
	inner_end = ends[1];
	fds_keep(&outer_end, OUTER_ALONE);
	if (setsockopt(outer_end, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		fail("setsockopt SO_PASSCRED");
}

int reaper_fd(void)
{
	return outer_end;
}

/* The kernel says who sent it, by the pid that this process knows the sender by. False: the init has failed before. */
bool reaper_receive_program(void)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	char byte;
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	const struct cmsghdr *header;
	ssize_t length;

	do
		length = recvmsg(outer_end, &message, 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		fail("recvmsg from the init");
	header = length == 0 ? NULL : CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_CREDENTIALS)
		return false;
	child.program = ((const struct ucred *)CMSG_DATA(header))->pid;
	return true;
}

/* False: it was killed. */
bool reaper_receive_ending(struct ending *ending)
{
	return recv(outer_end, ending, sizeof(*ending), MSG_DONTWAIT) == sizeof(*ending);
}

void reaper_release(void)
{
	send(outer_end, "", 1, MSG_NOSIGNAL);
}

/* ---- in process 1 ---------------------------------------------------------------------------------------- */

/* The program stays unreaped until the outer has seen what it wants to see of it. */
static _Noreturn void end_with(pid_t program)
{
	struct ending ending;
	char answer;

	exit_wait(P_PID, program, WNOWAIT, &ending);
	send(inner_end, &ending, sizeof(ending), MSG_NOSIGNAL);
	while (recv(inner_end, &answer, 1, 0) < 0 && errno == EINTR)
		continue;
	exit_wait(P_PID, program, 0, &ending);
	_exit(ending.code == CLD_EXITED ? ending.status : 128 + ending.status);
}

static void reap(pid_t program)
{
	for (;;) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
			return;
		if (info.si_pid == program)
			end_with(program);
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED);
	}
}

/* By system call, because libc keeps some real-time signals for itself. */
static const unsigned long all_signals = ~0UL;

static void block_signals(void)
{
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, NULL, sizeof(all_signals)) < 0)
		fail("rt_sigprocmask");
}

static void unblock_signals(void)
{
	static const unsigned long none;

	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none)) < 0)
		fail("rt_sigprocmask");
}

/* Blocked signals also reach process 1 of a pid namespace, which the kernel keeps all others from. */
static _Noreturn void serve(const struct config *config, pid_t program)
{
	if (setsid() < 0)
		fail("setsid");
	if (chdir("/") < 0) /* pivot_root(2) by the init moves only who is there */
		fail("chdir /");
	if (!config->namespaces.of[NS_PID] && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("prctl PR_SET_CHILD_SUBREAPER");
	capabilities_drop_all();
	fds_close_but(0, &inner_end, 1);
	for (;;) {
		long number;

		reap(program);
		number = syscall(SYS_rt_sigtimedwait, &all_signals, NULL, NULL, sizeof(all_signals));
		if (number > 0 && number != SIGCHLD)
			kill(program, (int)number);
	}
}

void reaper_fork(const struct config *config)
{
	pid_t pid;

	if (!config->reaper)
		return;
	block_signals(); /* before there is a child that could end, and whose signal could be missed */
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid > 0)
		serve(config, pid);
	unblock_signals();
	process_parent_death(config); /* of this parent */
	if (send(inner_end, "", 1, MSG_NOSIGNAL) < 0)
		fail("send to the outer");
	close(inner_end);
}
