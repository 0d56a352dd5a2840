/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program inside a container sees and can do, for the system tests. Static, without a heap of its own, so that
 * it fits under small limits. A bomb is only for a container with a limit of tasks.
 *
 * - probe forks           forks children that stay, until refused; prints how many there were
 * - probe refused KIND N  forks N times by fork, vfork, clone3, spawn or thread; prints which failed
 * - probe interrupted N   forks N times while its children end; prints how many failed
 * - probe tasks N         has N tasks at once, itself included; fails when it may not
 * - probe bomb            forks without end, in sessions of their own; half of the parents exit
 * - probe touch BYTES     touches BYTES of memory a page at a time; prints BYTES
 * - probe hoard BYTES     the same, and keeps them for ever
 * - probe spin MS         uses MS milliseconds of cpu time
 * - probe fds             prints the numbers of its open file descriptors
 * - probe fault           ends by SIGSEGV
 * - probe hold            waits for ever
 * - probe handle          says "ready", then exits with 42 on SIGTERM or SIGINT
 * - probe throttled FILE  prints nr_throttled of a cpu.stat as its first action
 * - probe see [ARG...]    prints what it sees as JSON: ids, capabilities, mounts, limits, …
 */
#include "see.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

static pid_t fork_by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static pid_t fork_by_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static pid_t fork_by_spawn(void)
{
	static char *const argv[] = {"true", NULL};
	pid_t pid;

	errno = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, NULL);
	return errno ? -1 : pid;
}

static void *nothing(void *unused)
{
	return unused;
}

static pid_t fork_by_thread(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, nothing, NULL);
	if (errno)
		return -1;
	pthread_join(thread, NULL);
	return 1;
}

static int refused(const char *kind, int times)
{
	static const struct {
		const char *name;
		pid_t (*how)(void);
	} kinds[] = {{"fork", fork}, {"vfork", fork_by_vfork}, {"clone3", fork_by_clone3}, {"spawn", fork_by_spawn},
		{"thread", fork_by_thread}};
	pid_t (*how)(void) = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			how = kinds[i].how;
	for (int number = 1; how && number <= times; number++) {
		pid_t pid = how();

		if (pid == 0)
			_exit(0);
		if (pid < 0 && errno != EAGAIN)
			return 1;
		if (pid < 0)
			printf("%d\n", number);
		while (wait(NULL) > 0)
			continue;
	}
	return how ? 0 : 125;
}

static void on_child(int number)
{
	(void)number;
}

/* With a handler that interrupts what can be interrupted (no SA_RESTART), and children that end at any moment. */
static int interrupted(int times)
{
	const struct sigaction action = {.sa_handler = on_child};
	int failed = 0;

	if (sigaction(SIGCHLD, &action, NULL) < 0)
		return 1;
	for (int i = 0; i < times; i++) {
		pid_t pid = fork_by_clone3(); /* the libc of this program would block all signals meanwhile */

		if (pid == 0)
			_exit(0);
		failed += pid < 0;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
	printf("%d\n", failed);
	return 0;
}

static int tasks(int number)
{
	pid_t children[256];
	int count = 0, status;

	while (count < number - 1 && (children[count] = fork()) > 0)
		count++;
	if (count < number - 1 && children[count] == 0)
		for (;;)
			pause();
	status = count == number - 1 ? 0 : 1;
	while (count-- > 0)
		kill(children[count], SIGKILL);
	return status;
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

	if (strcmp(argv[0], "true") == 0)
		return 0;

	if (strcmp(what, "forks") == 0)
		return forks();
	if (strcmp(what, "interrupted") == 0 && argc == 3)
		return interrupted(atoi(argv[2]));
	if (strcmp(what, "refused") == 0 && argc == 4)
		return refused(argv[2], atoi(argv[3]));
	if (strcmp(what, "tasks") == 0 && argc == 3 && atoi(argv[2]) <= 256)
		return tasks(atoi(argv[2]));
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
