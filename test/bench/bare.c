/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floors that the benchmarks compare with: the least a C program must do.
 *
 *   bare start COUNT PROGRAM           clones the namespaces of a container, executes, waits; microseconds a line
 *   bare limit DIR FILE VALUE PROGRAM  starts PROGRAM in the cgroup DIR, with VALUE written to its FILE just before
 *                                      exec; exits with the program's status, 128 + signal, or 100 when the kernel
 *                                      refused the limit. DIR has cgroup.controllers on v2 only.
 *   bare each COUNT PROGRAM [ARG...]   executes it so often, as a shell would, its output to /dev/null; microseconds a
 * line bare usage FILE PROGRAM [ARG...]   executes it with all its file descriptors; page faults, and microseconds of
 *                                      processor time, to FILE
 *   bare touch BYTES                   touches so much memory, says so, and waits for the end of stdin
 *   bare first                         prints CLOCK_MONOTONIC in microseconds as its first act, and waits for the end
 *                                      of stdin: nothing of its own blurs what its cgroup has counted by then
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

static double since(const struct timespec *before)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - before->tv_sec) * 1e6 + (double)(now.tv_nsec - before->tv_nsec) / 1e3;
}

static int start(int count, char **program)
{
	while (count-- > 0) {
		struct timespec before;
		int status;
		pid_t pid;

		clock_gettime(CLOCK_MONOTONIC, &before);
		pid = clone_with(NEW_NAMESPACES, 0);
		if (pid == 0) {
			execve(program[0], program, environ);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		if (status != 0)
			return 1;
		printf("%.1f\n", since(&before));
	}
	return 0;
}

static int each(int count, char **command)
{
	posix_spawn_file_actions_t quiet;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	while (count-- > 0) {
		struct timespec before;
		int status;
		pid_t pid;

		clock_gettime(CLOCK_MONOTONIC, &before);
		errno = posix_spawnp(&pid, command[0], &quiet, NULL, command, environ);
		if (errno)
			die(command[0]);
		waitpid(pid, &status, 0);
		if (status != 0)
			return 1;
		printf("%.1f\n", since(&before));
	}
	return 0;
}

static int usage(const char *path, char **command)
{
	struct rusage used;
	FILE *file;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	wait4(pid, &status, 0, &used);
	file = fopen(path, "we");
	if (!file)
		die(path);
	fprintf(file, "%ld %ld\n", used.ru_minflt + used.ru_majflt,
		(long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec +
			used.ru_stime.tv_usec);
	fclose(file);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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

/* So that others can look at what its cgroup has counted. */
static int wait_for_end(void)
{
	char byte;

	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

static int first(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return wait_for_end();
}

static int touch(size_t size)
{
	volatile char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
	printf("%zu\n", size);
	return wait_for_end();
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
	if (argc >= 4 && strcmp(argv[1], "each") == 0)
		return each(atoi(argv[2]), argv + 3);
	if (argc >= 4 && strcmp(argv[1], "usage") == 0)
		return usage(argv[2], argv + 3);
	if (argc == 3 && strcmp(argv[1], "touch") == 0)
		return touch(strtoul(argv[2], NULL, 10));
	fputs("usage: bare start|each|limit|usage|touch|first …: see bare.c\n", stderr);
	return 125;
}
