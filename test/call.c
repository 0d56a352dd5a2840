/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One system call, for the tests of seccomp: prints what it returns, which is a negative errno when it fails.
 *
 *   call NAME|NUMBER ARG...           as the machine's own
 *   call trapped NAME|NUMBER ARG...   prints "SIGSYS NUMBER ERRNO" of the siginfo when it is trapped
 *   call thread NAME|NUMBER ARG...    in a second thread; prints "alive" when the first is there after that has ended
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
	{"getpid", SYS_getpid},
	{"ioctl", SYS_ioctl},
	{"personality", SYS_personality},
	{"ptrace", SYS_ptrace},
	{"socket", SYS_socket},
	{"unshare", SYS_unshare},
};

static long long given[6];

static long number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	return atol(name);
}

static long own(long number)
{
	long result = syscall(number, given[0], given[1], given[2], given[3], given[4], given[5]);

	return result < 0 ? -errno : result;
}

static void trapped(int signal_number, siginfo_t *info, void *context)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "SIGSYS %d %d\n", info->si_syscall, info->si_errno);

	(void)signal_number;
	(void)context;
	_exit(write(STDOUT_FILENO, line, (size_t)length) == length ? 0 : 1);
}

static volatile pid_t second;

static void *in_second(void *number)
{
	second = (pid_t)syscall(SYS_gettid);
	own(*(long *)number);
	syscall(SYS_exit, 0);
	return NULL;
}

static int thread(long number)
{
	pthread_t ignored;

	if (pthread_create(&ignored, NULL, in_second, &number) != 0)
		return 1;
	while (!second || syscall(SYS_tgkill, getpid(), second, 0) == 0)
		usleep(1000);
	puts("alive");
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = {"trapped", "thread"};
	const char *mode = "";
	long number;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (argc > 1 && strcmp(argv[1], modes[i]) == 0)
			mode = modes[i];
	if (*mode)
		argv++, argc--;
	if (argc < 2 || argc > 8)
		return 125;
	for (int i = 2; i < argc; i++)
		given[i - 2] = (long long)strtoull(argv[i], NULL, 0);
	number = number_of(argv[1]);
	if (strcmp(mode, "thread") == 0)
		return thread(number);
	if (strcmp(mode, "trapped") == 0) {
		struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};

		sigaction(SIGSYS, &action, NULL);
	}
	printf("%ld\n", own(number));
	return 0;
}
