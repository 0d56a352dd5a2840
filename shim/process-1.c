/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of the container, where the program shall not be it: it waits, and forwards the signals it gets to the
 * program. Orphans are reaped by the kernel, because it ignores SIGCHLD. It is a child of the outer and in the outer's
 * cgroup, so it costs the container nothing; it is in the container's namespaces, and pivot_root(2) by the init moves
 * its root and its directory to those of the container.
 *
 * Who is inside finds nothing behind /proc/1: no file descriptor, no file of the host, no capability but the one to
 * signal the program, no memory of the config, and a filter that ends it, and so the container, at any other call. The
 * init waits for that before it says procReady. It dies with the outer, also where the program would not: whoever has
 * changed its user has lost the signal of PR_SET_PDEATHSIG.
 */

#include "shim.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM = 2 }; /* its pid inside: the init is the second process in the new pid namespace */

static pid_t process_1;                 /* in the outer */
static int init_end = -1, own_end = -1; /* a socket pair between the init and process 1 */

/* ---- in the outer ---------------------------------------------------------------------------------------- */

void process_1_open(const struct config *config)
{
	if (config->process_1)
		fds_pair(&init_end, &own_end);
}

void process_1_is(pid_t pid)
{
	process_1 = pid;
}

/* 0: the program is process 1 itself, or it is in no pid namespace of its own. */
pid_t process_1_pid(void)
{
	return process_1;
}

/* The kernel kills all that is in its pid namespace. */
void process_1_kill(const struct config *config)
{
	(void)config;
	if (process_1 > 0 && kill(process_1, SIGKILL) < 0) {
		process_1 = 0; /* not waited for: it dies with this process */
		fail("kill process 1");
	}
}

void process_1_reap(void)
{
	while (process_1 > 0 && waitpid(process_1, NULL, 0) < 0)
		if (errno != EINTR)
			fail("waitpid of process 1");
	process_1 = 0;
}

/* ---- in the init ----------------------------------------------------------------------------------------- */

/* A byte says so: it goes on beside the init. */
void process_1_release(const struct config *config)
{
	if (!config->process_1)
		return;
	close(own_end);
	if (send(init_end, "", 1, MSG_NOSIGNAL) < 0)
		fail("send to process 1");
}

/* The last that it does is to close its end. */
void process_1_await(const struct config *config)
{
	if (!config->process_1)
		return;
	fds_await(init_end, "process 1");
	close(init_end);
}

/* ---- in process 1 ---------------------------------------------------------------------------------------- */

void process_1_directory(const struct config *config)
{
	(void)config;
	if (chdir("/") < 0)
		fail("chdir /");
}

/* By system call, because libc keeps some real-time signals for itself. */
static const unsigned long all_signals = ~0UL;

/* Blocked signals also reach process 1 of a pid namespace, which the kernel keeps all others from. */
void process_1_signals(const struct config *config)
{
	static const unsigned long ignored[8] = {(unsigned long)SIG_IGN}; /* struct sigaction of the kernel */

	(void)config;
	if (syscall(SYS_rt_sigaction, SIGCHLD, ignored, NULL, _NSIG / 8) < 0)
		fail("rt_sigaction");
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, NULL, sizeof(all_signals)) < 0)
		fail("rt_sigprocmask");
}

/* The end without a byte: the init has died before, and that is for the outer to say. */
void process_1_wait(const struct config *config)
{
	(void)config;
	close(init_end);
	if (!fds_await(own_end, "the init"))
		_exit(REPORTED);
}

void process_1_forget(const struct config *config)
{
	(void)config;
	config_forget();
}

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
/* jumps over so many instructions */
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define RETURN(action)             BPF_STMT(BPF_RET | BPF_K, action)

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64 /* the numbers of x32 are others */
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "whose numbers do the system calls have on this architecture?"
#endif

/* What the steps after this one need. A pid is an int: the kernel looks at the lower half of the argument. */
static struct sock_filter instructions[] = {
	LOAD(arch),
	IF(ARCHITECTURE, 0, 6),
	LOAD(nr),
	IF(SYS_rt_sigtimedwait, 5, 0),
	IF(SYS_close_range, 4, 0),
	IF(SYS_kill, 0, 2),
	LOAD(args[0]),
	IF(PROGRAM, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

void process_1_filter(const struct config *config)
{
	const struct sock_fprog program = {sizeof(instructions) / sizeof(*instructions), instructions};

	(void)config;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("prctl PR_SET_NO_NEW_PRIVS");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		fail("seccomp: process 1 cannot be closed to the container: this kernel has no filters "
		     "(CONFIG_SECCOMP_FILTER)");
}

/* All of them, so that the init sees the end of the socket pair. */
void process_1_close(const struct config *config)
{
	(void)config;
	fds_close_but(0, NULL, 0);
}

void process_1_serve(const struct config *config)
{
	(void)config;
	for (;;) {
		long number = syscall(SYS_rt_sigtimedwait, &all_signals, NULL, NULL, sizeof(all_signals));

		if (number > 0)
			kill(PROGRAM, (int)number);
	}
}
