/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program inside a container sees and can do, for the system tests. Static, without a heap of its own, so that
 * it fits under small limits.
 *
 *   probe forks             forks children that stay, until refused; prints how many there were
 *   probe bomb              forks without end, in sessions of their own; half of the parents exit. Only under a limit!
 *   probe touch BYTES       touches BYTES of memory a page at a time; prints BYTES
 *   probe hoard BYTES       the same, and keeps them for ever
 *   probe spin MS           uses MS milliseconds of cpu time
 *   probe fds               prints the numbers of its open file descriptors
 *   probe fault             ends by SIGSEGV
 *   probe hold              waits for ever
 *   probe handle            says "ready", then exits with 42 on SIGTERM or SIGINT
 *   probe throttled FILE    prints nr_throttled of a cpu.stat as its first action
 *   probe see [ARG...]      prints what it sees as JSON: ids, capabilities, fds, namespaces, mounts, limits, …
 */
#include "see.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int forks(void)
{
	int children = 0;

	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid < 0)
			break;
		children++;
	}
	if (errno != EAGAIN)
		return 1;
	printf("%d\n", children);
	return 0;
}

static _Noreturn void bomb(void)
{
	pid_t first = getpid();

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			setsid();
		if (pid < 0)
			usleep(1000);
		if (pid > 0 && pid % 2 && getpid() != first)
			_exit(0);
	}
}

static int touch(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < bytes; i += 4096)
		((volatile char *)memory)[i] = 1;
	printf("%zu\n", bytes);
	return 0;
}

static int spin(long milliseconds)
{
	struct timespec used;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < milliseconds);
	return 0;
}

static int fds(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d\n", fd);
	return 0;
}

static void handled(int number)
{
	(void)number;
	_exit(42);
}

static _Noreturn void handle(void)
{
	signal(SIGTERM, handled);
	signal(SIGINT, handled);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int throttled(const char *path)
{
	char stat[1024] = {0};
	int file = open(path, O_RDONLY | O_CLOEXEC);
	const char *found;

	if (file < 0 || read(file, stat, sizeof(stat) - 1) < 0)
		return 1;
	found = strstr(stat, "nr_throttled ");
	if (!found)
		return 1;
	printf("%d\n", atoi(found + strlen("nr_throttled ")));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "forks") == 0)
		return forks();
	if (strcmp(what, "bomb") == 0)
		bomb();
	if (strcmp(what, "touch") == 0 && argc == 3)
		return touch(strtoul(argv[2], NULL, 10));
	if (strcmp(what, "hoard") == 0 && argc == 3 && touch(strtoul(argv[2], NULL, 10)) == 0)
		for (;;)
			pause();
	if (strcmp(what, "spin") == 0 && argc == 3)
		return spin(atol(argv[2]));
	if (strcmp(what, "fds") == 0)
		return fds();
	if (strcmp(what, "fault") == 0)
		*(volatile int *)0 = 0; /* NOLINT */
	if (strcmp(what, "handle") == 0)
		handle();
	if (strcmp(what, "throttled") == 0 && argc == 3)
		return throttled(argv[2]);
	if (strcmp(what, "see") == 0)
		return see(argv);
	if (strcmp(what, "hold") == 0)
		for (;;)
			pause();
	return 125;
}
