/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the process: how readily it is killed, how much it may use, and when it runs. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- the oom score, in the outer ------------------------------------------------------------------------- */

static const char oom_score_path[] = "/proc/self/oom_score_adj";
static int oom_score = -1; /* opened while the file is the caller's own */
static char oom_score_before[16];

static void write_oom_score(const char *text)
{
	if (pwrite(oom_score, text, strlen(text), 0) >= 0)
		return;
	if (errno == EACCES)
		fail("write ", text, " to ", oom_score_path, ": lowering the score needs CAP_SYS_RESOURCE");
	fail("write ", text, " to ", oom_score_path);
}

void limits_oom_score(const struct config *config)
{
	TEXT(score, 24);

	if (!config->oom_score_adj.given)
		return;
	oom_score = open(oom_score_path, O_RDWR | O_CLOEXEC);
	if (oom_score < 0)
		fail("open ", oom_score_path);
	if (read(oom_score, oom_score_before, sizeof(oom_score_before) - 1) < 0)
		fail("read ", oom_score_path);
	text_number(&score, config->oom_score_adj.value);
	write_oom_score(text_end(&score));
}

void limits_oom_score_back(const struct config *config)
{
	if (!config->oom_score_adj.given)
		return;
	write_oom_score(oom_score_before);
	close(oom_score);
}

/* ---- rlimits --------------------------------------------------------------------------------------------- */

static rlim_t limit(const struct integer *value)
{
	return value->value < 0 ? RLIM_INFINITY : (rlim_t)value->value;
}

static void add_limit(struct text *text, rlim_t value)
{
	if (value == RLIM_INFINITY)
		text_add(text, "unlimited");
	else
		text_number(text, (long long)value);
}

static _Noreturn void rlimit_failed(const struct rlimit_config *ask, const struct rlimit *wanted)
{
	TEXT(call, 96);
	TEXT(hard, 24);
	struct rlimit present = {0};
	int error = errno;

	text_add(&call, "setrlimit ");
	text_add(&call, config_rlimit(ask->type));
	text_add(&call, " ");
	add_limit(&call, wanted->rlim_cur);
	text_add(&call, " ");
	add_limit(&call, wanted->rlim_max);
	text_end(&call);
	if (error == EINVAL)
		failx(call.bytes, ": the soft limit is above the hard one");
	syscall(SYS_prlimit64, 0, ask->type, NULL, &present);
	add_limit(&hard, present.rlim_max);
	errno = error;
	if (error != EPERM)
		fail(call.bytes);
	if (ask->type == RLIMIT_NOFILE)
		fail(call.bytes, ": to raise the hard limit above ", text_end(&hard),
			" needs CAP_SYS_RESOURCE, and above /proc/sys/fs/nr_open it cannot be");
	fail(call.bytes, ": to raise the hard limit above ", text_end(&hard), " needs CAP_SYS_RESOURCE");
}

void limits_rlimits(const struct config *config)
{
	for (size_t i = 0; i < config->rlimits_count; i++) {
		const struct rlimit_config *ask = &config->rlimits[i];
		struct rlimit wanted = {.rlim_cur = limit(&ask->soft), .rlim_max = limit(&ask->hard)};

		/* by system call: libc would have all threads agree */
		if (syscall(SYS_prlimit64, 0, ask->type, &wanted, NULL) < 0)
			rlimit_failed(ask, &wanted);
	}
}

/* The hard limits that are to be higher, in the maker: the init may not have the right to it. */
void limits_raise(const struct config *config)
{
	for (size_t i = 0; joiner_is_last(config) && i < config->rlimits_count; i++) {
		const struct rlimit_config *ask = &config->rlimits[i];
		struct rlimit wanted;

		if (syscall(SYS_prlimit64, 0, ask->type, NULL, &wanted) < 0)
			fail("getrlimit ", config_rlimit(ask->type));
		if (wanted.rlim_max >= limit(&ask->hard))
			continue;
		wanted.rlim_max = limit(&ask->hard);
		if (syscall(SYS_prlimit64, 0, ask->type, &wanted, NULL) < 0)
			rlimit_failed(ask, &wanted);
	}
}

/* ---- when it runs ---------------------------------------------------------------------------------------- */

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_CLASS_SHIFT = 13 }; /* ioprio_set(2) */
enum { FLAG_RESET_ON_FORK = 1 };

struct attributes { /* struct sched_attr of sched_setattr(2), as it was first */
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

enum { KERNEL_CPUS_MAX = 8192 }; /* CONFIG_NR_CPUS at most */

static void set_affinity(const struct config *config)
{
	uint64_t asked[CPUS_MAX / 64] = {0};
	uint64_t got[KERNEL_CPUS_MAX / 64] = {0}; /* EINVAL when it is too small for the kernel's */

	for (size_t i = 0; i < config->cpu_affinity_count; i++)
		asked[config->cpu_affinity[i] / 64] |= 1ULL << config->cpu_affinity[i] % 64;
	if (syscall(SYS_sched_setaffinity, 0, sizeof(asked), asked) < 0 && errno != EINVAL)
		fail("sched_setaffinity");
	if (syscall(SYS_sched_getaffinity, 0, sizeof(got), got) < 0)
		fail("sched_getaffinity");
	/* the kernel leaves out what is not there, and only where nothing is left says EINVAL */
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (asked[cpu / 64] & ~got[cpu / 64] & 1ULL << cpu % 64) {
			TEXT(number, 24);

			text_number(&number, cpu);
			failx("sched_setaffinity: processor ", text_end(&number),
				" is not there, or not in the cpuset");
		}
}

/* By system call, whose answer is 20 - nice: what libc makes of it may be the error as well. */
static long present_nice(void)
{
	long answer = syscall(SYS_getpriority, PRIO_PROCESS, 0);

	if (answer < 0)
		fail("getpriority");
	return 20 - answer;
}

static void set_policy(const struct scheduler *scheduler, bool is_inherited)
{
	struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = (uint32_t)scheduler->policy,
		.flags = scheduler->reset_on_fork ? FLAG_RESET_ON_FORK : 0,
		.nice = (int32_t)(scheduler->nice.given ? scheduler->nice.value : present_nice()),
		.priority = (uint32_t)scheduler->priority.value,
		.runtime = (uint64_t)scheduler->runtime.value,
		.deadline = (uint64_t)scheduler->deadline.value,
		.period = (uint64_t)scheduler->period.value,
	};
	const char *name = config_policy(scheduler->policy);

	if (is_inherited && (scheduler->reset_on_fork || scheduler->policy == POLICY_DEADLINE))
		failx("sched_setattr ", name, ": a process that joins a container would not inherit it");
	if (syscall(SYS_sched_setattr, 0, &attributes, 0) == 0)
		return;
	switch (errno) {
	case EPERM:
		fail("sched_setattr ", name, ": needs CAP_SYS_NICE, and for a real-time policy time in the cgroup");
	case EINVAL:
		fail("sched_setattr ", name, ": a value that this policy does not take, or an unknown policy");
	case EBUSY:
		fail("sched_setattr ", name, ": the processors do not have that much time left");
	default:
		fail("sched_setattr ", name);
	}
}

static void set_io_priority(const struct io_priority *io)
{
	int value = (io->class + 1) << IOPRIO_CLASS_SHIFT | (int)io->priority.value;

	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value) < 0)
		fail("ioprio_set", errno == EPERM ? ": IOPRIO_CLASS_RT needs CAP_SYS_NICE" : "");
}

static void set_timer_slack(long long nanoseconds)
{
	if (prctl(PR_SET_TIMERSLACK, (unsigned long)nanoseconds, 0, 0, 0) < 0)
		fail("prctl PR_SET_TIMERSLACK");
}

void limits_scheduling(const struct config *config)
{
	if (config->scheduler.given)
		set_policy(&config->scheduler, joiner_is_last(config));
	if (config->io_priority.given)
		set_io_priority(&config->io_priority);
}

void limits_processors(const struct config *config)
{
	if (config->cpu_affinity_count)
		set_affinity(config);
	if (config->timer_slack.given)
		set_timer_slack(config->timer_slack.value);
}
