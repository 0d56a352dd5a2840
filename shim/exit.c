/* SPDX-License-Identifier: Apache-2.0 */
/* How the init became the program, and how that ended: asked of the kernel, told to the controller. */

#include "shim.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PF_FORKNOEXEC = 0x40 }; /* include/linux/sched.h: forked but did not exec */

/*
 * Whether the init became the program. The end of the pipe alone cannot tell an exec from a death just before it;
 * the kernel can, also of a zombie: by its flags.
 */
bool exit_has_execed(void)
{
	char line[512];
	const char *flags = proc_stat(child.pid, 9, line, sizeof(line));

	if (!flags)
		failx("the init is gone");
	return !(text_decimal(flags, NULL) & PF_FORKNOEXEC);
}

void exit_report_started(void)
{
	TEXT(message, 512);

	sync_begin(&message, "procStarted");
	sync_send(&message);
}

static long long microseconds(struct timeval time)
{
	return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

/*
 * The limits of the process whose hit is a signal, as it had them at the end: a program can set its own. And the time
 * that the kernel holds against RLIMIT_CPU: whole ticks of the clock, which rusage turns into the time that was really
 * used.
 */
static void report_limits(struct text *message)
{
	static const struct {
		const char *type;
		const char *name; /* in /proc/PID/limits */
	} rows[] = {
		{"RLIMIT_CPU", "\nMax cpu time "},
		{"RLIMIT_FSIZE", "\nMax file size "},
		{"RLIMIT_RTTIME", "\nMax realtime timeout "},
	};
	const clockid_t ticks = (clockid_t)(~(unsigned)child.pid << 3); /* CPUCLOCK_PROF, linux/posix-timers.h */
	struct timespec used;
	const char *separator = "";
	char limits[2048];

	if (!proc_limits(child.pid, limits, sizeof(limits)) || clock_gettime(ticks, &used) < 0)
		return;
	sync_member(message, "cpuTime", (long long)used.tv_sec * 1000000 + used.tv_nsec / 1000);
	text_add(message, ",\"rlimits\":[");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		long long soft, hard;

		if (!proc_limit(limits, rows[i].name, &soft, &hard))
			continue;
		text_add(message, separator);
		text_add(message, "{\"type\":");
		text_json(message, rows[i].type);
		sync_member(message, "soft", soft);
		sync_member(message, "hard", hard);
		text_add(message, "}");
		separator = ",";
	}
	text_add(message, "]");
}

void exit_report(const struct config *config, const struct ending *ending)
{
	const struct rusage *usage = &ending->usage;
	TEXT(message, 3072);

	sync_begin(&message, "procExited");
	if (ending->code == CLD_EXITED) {
		sync_member(&message, "code", ending->status);
	} else {
		sync_member(&message, "signal", ending->status);
		text_add(&message, ending->code == CLD_DUMPED ? ",\"coreDumped\":true" : ",\"coreDumped\":false");
		if (ending->status == SIGKILL || ending->status == SIGXCPU || ending->status == SIGXFSZ)
			report_limits(&message);
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
	full_report(&message);
	forks_report(config, &message);
	sync_send(&message);
}

#define REPORT(...) fail_report(0, NULL, (const char *const[]){__VA_ARGS__, NULL})

/* An init that fails has sent its procError; one that was killed, or that its own filter keeps from it, could not. */
void exit_report_lost(const struct config *config, const struct ending *ending)
{
	TEXT(number, 32);

	text_number(&number, ending->status);
	if (ending->code == CLD_EXITED) {
		if (ending->status != REPORTED)
			REPORT("the init failed and could not say why",
				config->seccomp.given ? ": its seccomp filter may forbid sendto" : "");
	} else if (ending->status == SIGSYS && config->seccomp.given) {
		REPORT("the seccomp filter killed the init before it became the program: it must allow execve");
	} else {
		REPORT("the init was killed by signal ", text_end(&number), " before it became the program");
	}
}
