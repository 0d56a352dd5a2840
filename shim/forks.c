/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forks that are refused by their number. A filter of the init's hands every fork of the program, and of all that
 * descends from it, to the outer, seccomp_unotify(2), which counts them, refuses those that it is to refuse, and lets
 * the kernel do the others. Filters of the program's own come on top; only a second one of this kind finds no place
 * (EBUSY).
 */

#include "shim.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0) /* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#endif

enum { X32 = 0x40000000 }; /* set in the numbers of that ABI of x86-64 */

static int outer_end = -1, inner_end = -1; /* a socket pair, for the listener */
static int listener = -1;
static long long attempted;
static bool refused[FORKS_MAX]; /* as in the config */
static bool is_prompt;

/* ---- in the init ----------------------------------------------------------------------------------------- */

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
/* otherwise jumps over so many instructions */
#define UNLESS(value, over) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, over)
#define ASK_FOR(number)     UNLESS(number, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)
#define ALLOW               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* fork, vfork, clone and clone3 of every ABI that the kernel may have; those of 32 bits are called by number alone. */
static struct sock_filter instructions[] = {
	LOAD(arch),
#if defined(__x86_64__)
	UNLESS(AUDIT_ARCH_X86_64, 11),
	LOAD(nr),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (unsigned)~X32),
	ASK_FOR(SYS_fork),
	ASK_FOR(SYS_vfork),
	ASK_FOR(SYS_clone),
	ASK_FOR(SYS_clone3),
	ALLOW,
	UNLESS(AUDIT_ARCH_I386, 9),
#elif defined(__aarch64__)
	UNLESS(AUDIT_ARCH_AARCH64, 6),
	LOAD(nr),
	ASK_FOR(SYS_clone),
	ASK_FOR(SYS_clone3),
	ALLOW,
	UNLESS(AUDIT_ARCH_ARM, 9),
#else
#error "which system calls fork on this architecture?"
#endif
	LOAD(nr),
	ASK_FOR(2),   /* fork */
	ASK_FOR(120), /* clone */
	ASK_FOR(190), /* vfork */
	ASK_FOR(435), /* clone3 */
	ALLOW,
};

enum { PLAIN = SECCOMP_FILTER_FLAG_NEW_LISTENER, KILLABLE = PLAIN | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV };

/* Where it can, the kernel lets no signal interrupt a fork that the outer has taken up: it would fail, or be asked
 * about twice. */
static int load(void)
{
	const struct sock_fprog program = {sizeof(instructions) / sizeof(*instructions), instructions};
	long made = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, KILLABLE, &program);

	if (made < 0 && errno == EINVAL)
		made = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, PLAIN, &program);
	if (made >= 0)
		return (int)made;
	switch (errno) {
	case EACCES:
		fail("seccomp: to refuse forks by number needs CAP_SYS_ADMIN");
	case EBUSY:
		fail("seccomp: forks are handed to a listener already: to another procready that this one runs in");
	default:
		fail("seccomp: forks cannot be refused by number");
	}
}

void forks_filter(const struct config *config)
{
	int made;

	if (!config->forks.given)
		return;
	made = load();
	fds_send(inner_end, made, "filter of forks");
	close(inner_end);
	close(made);
}

/* ---- in the outer ---------------------------------------------------------------------------------------- */

void forks_open(const struct config *config)
{
	if (!config->forks.given)
		return;
	fds_pair(&outer_end, &inner_end);
	fds_keep(&outer_end, OUTER_ALONE);
}

int forks_fd(void)
{
	return outer_end;
}

/* Its place in the config; -1: it is not to be refused. */
static int refusal_of(const struct forks *forks, long long number)
{
	for (size_t i = 0; i < forks->refuse_count; i++)
		if (forks->refuse[i] == number)
			return (int)i;
	return -1;
}

/* Who was killed, or interrupted on a kernel that lets it happen, has not forked. */
static bool answer(uint64_t id, int error, unsigned flags)
{
	union {
		struct seccomp_notif_resp response;
		char room[256]; /* a later kernel may read more */
	} answer = {.response = {.id = id, .error = error, .flags = flags}};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0)
		return true;
	if (errno != ENOENT)
		fail("answer a fork");
	return false;
}

/*
 * A fork that has a signal to handle first is not begun by the kernel (copy_process(): ERESTARTNOINTR), and comes here
 * again, as it was: it is counted once, because then there is no task more than there was.
 */
struct asked {
	struct seccomp_data call;
	pid_t who;
	pid_t last; /* task that there was, 0: it is not known */
};

struct asked forks_answered[64] LARGE;

enum { LOOKS_MAX = 64 }; /* at so many new tasks, of whomever */

static bool has_forked(pid_t who, pid_t since)
{
	const pid_t last = proc_last_pid();

	if (last == since)
		return false;
	if (since == 0 || last < since || last - since > LOOKS_MAX)
		return true;
	for (pid_t pid = since + 1; pid <= last; pid++)
		if (proc_descends(pid, who))
			return true;
	return false;
}

static struct asked *place_of(pid_t who)
{
	return &forks_answered[(size_t)who % (sizeof(forks_answered) / sizeof(*forks_answered))];
}

static bool comes_again(const struct seccomp_notif *asks)
{
	const pid_t who = (pid_t)asks->pid;
	const struct asked *before = place_of(who);

	return before->who == who && memcmp(&before->call, &asks->data, sizeof(asks->data)) == 0 &&
	       !has_forked(who, before->last);
}

/* Lets the kernel do it; whether it is to be counted. */
static bool let(const struct seccomp_notif *asks)
{
	const pid_t who = (pid_t)asks->pid;
	const bool is_again = comes_again(asks);

	if (!is_again)
		*place_of(who) = (struct asked){asks->data, who, proc_last_pid()};
	return answer(asks->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE) && !is_again;
}

/* To be there at once the outer has to be on the processor that is asked from: then it runs before whoever asks goes
 * on. */
static void follow(pid_t who)
{
	static unsigned long now = CPUS_MAX;
	unsigned long bits[CPUS_MAX / 8 / sizeof(long)] = {0};
	char line[512];
	const char *field = proc_stat(who, 39, line, sizeof(line));
	const unsigned long processor = field ? (unsigned long)text_decimal(field, NULL) : now;

	if (processor == now || processor >= CPUS_MAX)
		return;
	bits[processor / 8 / sizeof(long)] = 1UL << processor % (8 * sizeof(long));
	syscall(SYS_sched_setaffinity, 0, sizeof(bits), bits);
	now = processor;
}

static void serve(const struct forks *forks)
{
	union {
		struct seccomp_notif notification;
		char room[512]; /* a later kernel may write more */
	} asked = {0};
	const struct seccomp_notif *asks = &asked.notification;
	int refusal = refusal_of(forks, attempted + 1);

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) {
		if (errno != ENOENT && errno != EINTR)
			fail("receive a fork");
	} else if (refusal >= 0 && !comes_again(asks)) {
		refused[refusal] = answer(asks->id, -EAGAIN, 0);
		attempted += refused[refusal];
		place_of((pid_t)asks->pid)->who = 0;
	} else {
		attempted += let(asks);
		follow((pid_t)asks->pid);
	}
}

/*
 * Before the outer has taken up a fork, a signal may still interrupt it, and a handler without SA_RESTART makes it fail
 * (seccomp_unotify(2)). So the outer has to be there at once: it goes before everybody else. False: a fork may fail.
 */
static bool hurry(void)
{
	const struct sched_param lowest = {.sched_priority = 1};
	const bool known = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, KILLABLE, NULL) < 0 && errno == EFAULT;
	const bool here = ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;

	return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0 && known && here;
}

/* What there is to be watched next; -1: nothing, because nobody is left who could fork. */
int forks_turn(const struct config *config, bool is_asked)
{
	if (listener < 0) {
		listener = fds_receive(outer_end, "filter of forks");
		close(outer_end);
		outer_end = -1;
		is_prompt = hurry();
		return listener;
	}
	if (!is_asked)
		return -1;
	serve(&config->forks);
	return listener;
}

void forks_report(const struct config *config, struct text *message)
{
	const char *separator = "";

	if (!config->forks.given)
		return;
	text_add(message, ",\"forks\":{\"attempted\":");
	text_number(message, attempted);
	text_add(message, ",\"refused\":[");
	for (size_t i = 0; i < config->forks.refuse_count; i++) {
		if (!refused[i])
			continue;
		text_add(message, separator);
		text_number(message, config->forks.refuse[i]);
		separator = ",";
	}
	text_add(message, is_prompt ? "]}" : "],\"interruptible\":true}");
}
