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
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

enum { X32 = 0x40000000 }; /* set in the numbers of that ABI of x86-64 */

static int outer_end = -1, inner_end = -1; /* a socket pair, for the listener */
static int listener = -1;
static long long attempted;
static bool refused[FORKS_MAX]; /* as in the config */

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

/* Where it can, the kernel lets no signal interrupt a fork that the outer has taken up: it would be asked about twice.
 */
static int load(void)
{
	const struct sock_fprog program = {sizeof(instructions) / sizeof(*instructions), instructions};
	const unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	long made = syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);

	if (made < 0 && errno == EINVAL)
		made = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
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
	fds_send(inner_end, made, "the filter of forks to the outer shim");
	close(inner_end);
	close(made);
}

/* ---- in the outer ---------------------------------------------------------------------------------------- */

void forks_open(const struct config *config)
{
	int ends[2];

	if (!config->forks.given)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		fail("socketpair");
	outer_end = ends[0];
	inner_end = ends[1];
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

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}

/*
 * A fork that has a signal to handle first is not begun by the kernel (copy_process(): ERESTARTNOINTR), and comes here
 * again. It is counted when it comes without one; a signal that comes between the answer and the fork is not seen.
 */
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
	} else if (refusal >= 0) {
		refused[refusal] = answer(asks->id, -EAGAIN, 0);
		attempted += refused[refusal];
	} else {
		bool is_counted = !proc_has_signal((pid_t)asks->pid);

		attempted += answer(asks->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE) && is_counted;
	}
}

/* What there is to be watched next; -1: nothing, because nobody is left who could fork. */
int forks_turn(const struct config *config, bool is_asked)
{
	if (listener < 0) {
		listener = fds_receive(outer_end);
		close(outer_end);
		outer_end = -1;
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
	text_add(message, "]}");
}
