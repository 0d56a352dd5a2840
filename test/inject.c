/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One system call of one process of a command fails, or that process is killed or stopped at it; or all calls are
 * listed. What strace --inject cannot do: it counts in each process alike, so that a fault is never that of one process
 * alone.
 *
 *   inject FD list                              COMMAND [ARG...]
 *   inject FD PROCESS CALL NUMBER TIMES ERRNO   COMMAND [ARG...]
 *   inject FD PROCESS CALL NUMBER TIMES -SIGNAL COMMAND [ARG...]
 *
 * Processes are numbered by birth: 0 is the command, which stays the child of who started this. A process that executes
 * something is no part of it any longer, but for 0. The fault is at the call of that name and number, from 1, and so
 * many times from there on. A call that fails is not made, but for close, as the kernel does it. FD gets a line each,
 * and its end when no process is traced any more:
 *
 *   process NUMBER PID    it was born
 *   call PROCESS NAME     in a list
 *   fault PID             it is there
 *   spent                 and has been there as many times as it should
 *   exec PID              that process has become another program
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <elf.h>

enum { PROCESSES_MAX = 16, LIST = -1 };
enum {
	OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		  PTRACE_O_TRACEEXEC
};

#define NAMES_MAX 1024
static const char *const names[NAMES_MAX] = {
#include "system-calls.inc"
};

static struct process {
	struct user_regs_struct before; /* of a call that fails: as it was asked for */
	pid_t pid;
	bool fails;
} processes[PROCESSES_MAX];
static int count, alive;
static bool is_started; /* the command has been executed */

static int out;
static int which; /* of the processes, or LIST */
static const char *call;
static long number, times, fault;

/* ---- registers ------------------------------------------------------------------------------------------- */

static void get(pid_t pid, struct user_regs_struct *registers)
{
	struct iovec part = {registers, sizeof(*registers)};

	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part);
}

static void set(pid_t pid, struct user_regs_struct *registers)
{
	struct iovec part = {registers, sizeof(*registers)};

	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part);
}

/* Another call in its place, of the few that every filter of the shim allows; it does nothing. */
static void replace(pid_t pid, struct user_regs_struct registers)
{
#if defined(__x86_64__)
	registers.orig_rax = SYS_close_range;
	registers.rdi = registers.rsi = INT_MAX;
	registers.rdx = 0;
#elif defined(__aarch64__)
	int instead = SYS_close_range;
	struct iovec part = {&instead, sizeof(instead)};

	ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &part);
	registers.regs[0] = registers.regs[1] = INT_MAX;
	registers.regs[2] = 0;
#else
#error "in which registers is a system call on this architecture?"
#endif
	set(pid, &registers);
}

static void fail(struct process *process)
{
#if defined(__x86_64__)
	process->before.rax = (unsigned long long)-fault;
#elif defined(__aarch64__)
	process->before.regs[0] = (unsigned long long)-fault;
#endif
	set(process->pid, &process->before);
	process->fails = false;
}

/* ---- what happens ---------------------------------------------------------------------------------------- */

static struct process *find(pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	if (count == PROCESSES_MAX)
		exit(1);
	processes[count] = (struct process){.pid = pid};
	dprintf(out, "process %d %d\n", count, pid);
	alive++;
	return &processes[count++];
}

/* Whether the calls of a process are looked at. */
static bool is_watched(const struct process *process)
{
	return which == LIST || (process == &processes[which] && times > 0);
}

static void enter(struct process *process, unsigned long nr)
{
	const char *name = nr < NAMES_MAX && names[nr] ? names[nr] : "unknown";

	if (which == LIST) {
		dprintf(out, "call %d %s\n", (int)(process - processes), name);
		return;
	}
	if (times == 0 || strcmp(name, call) != 0 || --number > 0)
		return;
	if (number == 0)
		dprintf(out, "fault %d\n", process->pid);
	if (--times == 0 && number < 0)
		dprintf(out, "spent\n");
	if (fault < 0) {
		kill(process->pid, (int)-fault);
		return;
	}
	process->fails = true;
	get(process->pid, &process->before);
	if (nr != SYS_close)
		replace(process->pid, process->before);
}

static void on_call(struct process *process)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY && is_started && is_watched(process))
		enter(process, info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && process->fails)
		fail(process);
}

/* It is not traced any longer. Who stays stopped does so by itself. */
static void let_go(const struct process *process)
{
	ptrace(PTRACE_DETACH, process->pid, 0, 0);
	alive--;
}

static void on_stop(struct process *process, int status)
{
	const int event = status >> 16, signal = WSTOPSIG(status);
	unsigned long child;
	long delivered = 0;

	if (signal == (SIGTRAP | 0x80)) {
		on_call(process);
		if (fault == -SIGSTOP && number <= 0 && process == &processes[which]) {
			let_go(process);
			return;
		}
	} else if (event == PTRACE_EVENT_EXEC) {
		is_started = true;
		if (process != processes) {
			dprintf(out, "exec %d\n", process->pid);
			let_go(process);
			return;
		}
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		if (ptrace(PTRACE_GETEVENTMSG, process->pid, 0, &child) == 0)
			find((pid_t)child);
	} else if (event == 0) {
		delivered = signal;
	}
	ptrace(is_watched(process) || process->fails ? PTRACE_SYSCALL : PTRACE_CONT, process->pid, 0, delivered);
}

static _Noreturn void trace(pid_t first, int ready)
{
	pid_t pid;
	int status;

	for (int fd = 0; fd < 1024; fd++)
		if (fd != out && fd != ready)
			close(fd);
	if (ptrace(PTRACE_SEIZE, first, 0, OPTIONS) < 0)
		_exit(1);
	find(first);
	ptrace(PTRACE_INTERRUPT, first, 0, 0);
	close(ready);
	while (alive > 0 && (pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			on_stop(find(pid), status);
		else
			alive--;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t first = getpid(), helper;
	int ready[2];
	char byte;

	which = LIST;
	if (argc > 3 && strcmp(argv[2], "list") == 0) {
		argv += 3;
	} else if (argc > 7) {
		which = atoi(argv[2]);
		call = argv[3];
		number = atol(argv[4]);
		times = atol(argv[5]);
		fault = atol(argv[6]);
		argv += 7;
	} else {
		return 125;
	}
	out = atoi(argv[which == LIST ? -2 : -6]);
	if (pipe2(ready, O_CLOEXEC) < 0 || (helper = fork()) < 0)
		return 125;
	if (helper == 0) { /* so that the tracer is no child of the command */
		if (fork() != 0)
			_exit(0);
		close(ready[0]);
		trace(first, ready[1]);
	}
	close(ready[1]);
	waitpid(helper, NULL, 0);
	(void)read(ready[0], &byte, 1);
	close(ready[0]);
	close(out);
	execv(argv[0], argv);
	return 127;
}
