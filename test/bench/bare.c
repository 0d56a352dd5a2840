/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floors that the benchmarks compare with: the least a C program must do.
 *
 *   bare start COUNT PROGRAM           clones the namespaces of a container, executes, waits; microseconds a line
 *   bare limit DIR FILE VALUE PROGRAM  starts PROGRAM in the cgroup DIR, with VALUE written to its FILE just before
 *                                      exec; exits with the program's status, 128 + signal, or 100 when the kernel
 *                                      refused the limit. DIR has cgroup.controllers on v2 only.
 *   bare first                         prints CLOCK_MONOTONIC in microseconds as its first act, and waits for the end
 *                                      of stdin: nothing of its own blurs what its cgroup has counted by then
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { NEW_NAMESPACES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | 0x02000000 /* cgroup */ };

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static pid_t clone_with(uint64_t flags, int cgroup)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		die("clone3");
	return pid;
}

static int start(int count, char **program)
{
	while (count-- > 0) {
		struct timespec before, after;
		int status;
		pid_t pid;

		clock_gettime(CLOCK_MONOTONIC, &before);
		pid = clone_with(NEW_NAMESPACES, 0);
		if (pid == 0) {
			execve(program[0], program, environ);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		clock_gettime(CLOCK_MONOTONIC, &after);
		if (status != 0)
			return 1;
		printf("%.1f\n",
			(double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3);
	}
	return 0;
}

static int write_file(const char *directory, const char *name, const char *value)
{
	char path[4096];
	int file;
	ssize_t written;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = open(path, O_WRONLY | O_CLOEXEC);
	written = file < 0 ? -1 : write(file, value, strlen(value));
	if (file >= 0)
		close(file);
	return written < 0 ? -1 : 0;
}

static int limit(const char *directory, const char *file, const char *value, char **program)
{
	int cgroup = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int is_v2 = faccessat(cgroup, "cgroup.controllers", F_OK, 0) == 0;
	int go[2], status, tries = 20;
	char number[16];
	pid_t pid;

	if (cgroup < 0 || pipe2(go, O_CLOEXEC) < 0)
		die(directory);
	pid = clone_with(is_v2 ? CLONE_INTO_CGROUP : 0, is_v2 ? cgroup : 0);
	if (pid == 0) {
		char byte;

		if (read(go[0], &byte, 1) != 1)
			_exit(125);
		execve(program[0], program, environ);
		_exit(127);
	}
	snprintf(number, sizeof(number), "%d", pid);
	if (!is_v2 && write_file(directory, "cgroup.procs", number) < 0)
		die("cgroup.procs");
	/* what the kernel has charged in advance it gives back some time after it was asked to */
	while (write_file(directory, file, value) < 0)
		if (errno != EBUSY || --tries == 0) {
			kill(pid, SIGKILL);
			return 100;
		} else {
			usleep(2000);
		}
	if (write(go[1], "", 1) != 1)
		die("go");
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int first(void)
{
	struct timespec now;
	char byte;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "first") == 0)
		return first();
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (argc >= 4 && strcmp(argv[1], "start") == 0)
		return start(atoi(argv[2]), argv + 3);
	if (argc >= 6 && strcmp(argv[1], "limit") == 0)
		return limit(argv[2], argv[3], argv[4], argv + 5);
	fputs("usage: bare start COUNT PROGRAM | bare limit DIR FILE VALUE PROGRAM | bare first\n", stderr);
	return 125;
}
