/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ends of a launch. The init says procReady and waits for procRun; the outer watches three things at once:
 *   alive    the init's end of the pipe closes at exec, or when it dies before
 *   pidfd    the init, or the program it became, has ended
 *   channel  the controller has closed it, or has died
 * The init is not reaped before the channel is closed, so that a pid the controller holds is never another process.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { PF_FORKNOEXEC = 0x40 }; /* include/linux/sched.h: forked but did not exec */

void init_wait_setup(const struct config *config)
{
	(void)config;
	sync_wait("procSetup");
}

void init_ready(const struct config *config)
{
	TEXT(message, 96);

	(void)config;
	sync_begin(&message, "procReady");
	sync_send(&message);
	sync_wait("procRun");
}

/* A controller that dies while it makes the cgroup's directories leaves them to the outer, which knows their names. */
void watch_wait_create(const struct config *config)
{
	if (sync_is_closed())
		cgroup_remove(config);
	sync_wait("procCreate");
}

void watch_created(const struct config *config)
{
	TEXT(message, 512);

	(void)config;
	sync_begin(&message, "procCreated");
	sync_member(&message, "pid", child.pid);
	sync_send(&message);
}

/* libc's waitid() has no rusage */
static void wait_child(siginfo_t *info, struct rusage *usage, int options)
{
	if (syscall(SYS_waitid, P_PIDFD, child.pidfd, info, WEXITED | options, usage) < 0)
		fail("waitid");
}

/*
 * Whether the init became the program. The end of the pipe alone cannot tell an exec from a death just before it;
 * the kernel can, also of a zombie: the ninth field of /proc/PID/stat, see proc(5).
 */
static bool has_execed(void)
{
	char stat[512];
	TEXT(path, 40);
	ssize_t length;
	int file;
	char *field;

	text_add(&path, "/proc/");
	text_number(&path, child.pid);
	text_add(&path, "/stat");
	file = open(text_end(&path), O_RDONLY | O_CLOEXEC);
	length = file < 0 ? -1 : read(file, stat, sizeof(stat) - 1);
	if (length < 0)
		fail("read ", text_end(&path));
	close(file);
	stat[length] = '\0';
	field = strrchr(stat, ')'); /* the second; the name before it may hold anything */
	for (int number = 2; field && number < 9; number++)
		field = strchr(field + 1, ' ');
	if (!field)
		failx("no flags in ", text_end(&path));
	return !(strtoul(field + 1, NULL, 10) & PF_FORKNOEXEC);
}

static void report_started(void)
{
	TEXT(message, 512);

	sync_begin(&message, "procStarted");
	sync_send(&message);
}

static long long microseconds(struct timeval time)
{
	return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

static void report_exited(const siginfo_t *info, const struct rusage *usage)
{
	TEXT(message, 512);

	sync_begin(&message, "procExited");
	if (info->si_code == CLD_EXITED) {
		sync_member(&message, "code", info->si_status);
	} else {
		sync_member(&message, "signal", info->si_status);
		text_add(&message, info->si_code == CLD_DUMPED ? ",\"coreDumped\":true" : ",\"coreDumped\":false");
	}
	text_add(&message, ",\"rusage\":{\"utime\":");
	text_number(&message, microseconds(usage->ru_utime));
	sync_member(&message, "stime", microseconds(usage->ru_stime));
	sync_member(&message, "maxrss", usage->ru_maxrss);
	sync_member(&message, "minflt", usage->ru_minflt);
	sync_member(&message, "majflt", usage->ru_majflt);
	sync_member(&message, "inblock", usage->ru_inblock);
	sync_member(&message, "oublock", usage->ru_oublock);
	sync_member(&message, "nvcsw", usage->ru_nvcsw);
	sync_member(&message, "nivcsw", usage->ru_nivcsw);
	text_add(&message, "}");
	sync_send(&message);
}

/* An init that exits by itself has sent its procError; one that was killed could not. */
static void report_lost(const siginfo_t *info)
{
	TEXT(signal_number, 32);

	if (info->si_code == CLD_EXITED)
		return;
	text_number(&signal_number, info->si_status);
	fail_report(0, NULL,
		(const char *const[]){"the init was killed by signal ", text_end(&signal_number),
			" before it became the program", NULL});
}

void watch_container(const struct config *config)
{
	enum { CONTROLLER, EXIT, ALIVE, COUNT };
	struct pollfd watched[COUNT] = {
		[CONTROLLER] = {.fd = CHANNEL, .events = POLLRDHUP},
		[EXIT] = {.fd = child.pidfd, .events = POLLIN},
		[ALIVE] = {.fd = child.alive, .events = POLLIN},
	};
	siginfo_t info;
	struct rusage usage;
	bool execed = false;

	while (!watched[CONTROLLER].revents) {
		if (poll(watched, COUNT, -1) < 0 && errno != EINTR)
			fail("poll");
		if (watched[ALIVE].revents) {
			watched[ALIVE].fd = -1;
			execed = has_execed();
			if (execed)
				report_started();
		}
		if (watched[EXIT].revents && watched[ALIVE].fd < 0) {
			watched[EXIT].fd = -1;
			wait_child(&info, &usage, WNOWAIT);
			if (execed)
				report_exited(&info, &usage);
			else
				report_lost(&info);
		}
	}
	kill(child.pid, SIGKILL);
	cgroup_kill(config);
	wait_child(&info, NULL, 0);
	cgroup_remove(config);
}
