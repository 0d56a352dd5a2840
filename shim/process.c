/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the process alone: its visibility, signals, session, fds, directory, and the program. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* CVE-2016-9962: until exec, /proc/PID/{fd,mem,…} of this process belong to nobody but root outside. */
void process_undumpable(const struct config *config)
{
	(void)config;
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		fail("prctl PR_SET_DUMPABLE");
}

/* By system call, because libc keeps the first real-time signals for itself and leaves them as they are. */
static void set_action(int number, void (*handler)(int))
{
	const unsigned long action[8] = {
		(unsigned long)handler}; /* struct sigaction of the kernel: no flags, no mask */

	if (syscall(SYS_rt_sigaction, number, action, NULL, _NSIG / 8) < 0)
		fail("rt_sigaction");
}

/* exec(2) keeps the blocked and the ignored signals: the program shall find none but those that the caller ignores. */
void process_signals(const struct config *config)
{
	sigset_t none;

	for (int number = 1; number < _NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			set_action(number, SIG_DFL);
	for (size_t i = 0; i < config->ignored_signals_count; i++)
		set_action((int)config->ignored_signals[i], SIG_IGN);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		fail("sigprocmask");
}

void process_parent_death(const struct config *config)
{
	struct pollfd outer = {.fd = child.alive};
	int gone;

	(void)config;
	if (hold_is_held()) /* it is somebody else's by now */
		return;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		fail("prctl PR_SET_PDEATHSIG");
	/*
	 * It may have died before: then its end of the pipe is closed (getppid() is 0 in a new pid namespace). Nobody
	 * is left who could take a report, and to wait for that would be to outlive the outer.
	 */
	gone = poll(&outer, 1, 0);
	if (gone < 0 && errno != EINVAL) /* RLIMIT_NOFILE is 0: none may be asked about */
		fail("poll");
	if (gone > 0)
		_exit(125);
}

/* CVE-2017-5226: without a controlling terminal TIOCSTI has nothing to push into. */
void process_session(const struct config *config)
{
	(void)config;
	if (setsid() < 0)
		fail("setsid");
}

void process_keyring(const struct config *config)
{
	if (!config->session_keyring || syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return;
	switch (errno) {
	case ENOSYS:
		fail("keyctl: this kernel has no keyrings");
	case EDQUOT:
		fail("keyctl: no new session keyring: the user has as many keys as /proc/sys/kernel/keys allows");
	default:
		fail("keyctl: no new session keyring");
	}
}

void process_personality(const struct config *config)
{
	static const unsigned long domains[] = {[PERSONALITY_LINUX] = PER_LINUX, [PERSONALITY_LINUX32] = PER_LINUX32};

	if (!config->personality || syscall(SYS_personality, domains[config->personality]) >= 0)
		return;
	fail("personality", errno == EINVAL ? ": the machine cannot run 32-bit programs" : "");
}

void process_umask(const struct config *config)
{
	if (config->umask.given)
		umask((mode_t)config->umask.value);
}

void process_no_new_privileges(const struct config *config)
{
	if (config->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("prctl PR_SET_NO_NEW_PRIVS");
}

/* A long path needs another page of the stack, which is the container's. */
static __attribute__((noinline)) bool is_long_cwd_inside(void)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof(path)) >= 0)
		return *path == '/';
	if (errno != ENOENT) /* it is no directory of any root any more */
		fail("getcwd");
	return false;
}

/*
 * CVE-2024-21626: a directory may be reached that is not inside the root, through a fd or a link of /proc. Then the
 * path that the kernel knows for it does not begin at the root; libc's getcwd() would only say ENOENT.
 */
static bool is_cwd_inside(void)
{
	char path[128];

	if (syscall(SYS_getcwd, path, sizeof(path)) >= 0)
		return *path == '/';
	return is_long_cwd_inside();
}

void process_cwd(const struct config *config)
{
	if (chdir(config->cwd) < 0)
		fail("chdir ", config->cwd);
	if (!is_cwd_inside())
		failx("chdir ", config->cwd, ": is not inside the root of the container");
}

/* The kernel says ENOENT both when there is no such file and when the file's loader is missing: EBADEXEC is that. */
enum { EBADEXEC = -1 };

static int exec_errno(const char *path)
{
	struct stat status;
	int error = errno;

	if ((error == ENOENT || error == ENOTDIR) && stat(path, &status) == 0)
		return EBADEXEC;
	return error;
}

static _Noreturn void exec_failed(const char *command, int error)
{
	errno = error;
	switch (error) {
	case ENOENT:
		fail("exec ", command, strchr(command, '/') ? "" : ": not found in PATH");
	case EBADEXEC:
		errno = ENOEXEC;
		fail("exec ", command, ": the file is there, but its #! interpreter or its loader is not");
	case ENOEXEC:
		fail("exec ", command, ": built for another architecture, or a script without a #! line");
	case EAGAIN:
		fail("exec ", command, ": the user has more processes than RLIMIT_NPROC allows");
	case EPERM:
		fail("exec ", command,
			": the file has capabilities beyond the bounding set, or the seccomp filter forbids it");
	case E2BIG:
		fail("exec ", command, ": args and env do not fit into a quarter of RLIMIT_STACK, or one is too long");
	default:
		fail("exec ", command);
	}
}

static const char *path_of(const struct config *config)
{
	for (size_t i = 0; i < config->env.count; i++)
		if (strncmp(config->env.list[i], "PATH=", 5) == 0)
			return config->env.list[i] + 5;
	return "/usr/local/bin:/usr/bin:/bin"; /* what execvp(3) takes when there is none */
}

/* Returns only where act has succeeded, and that is not execve(2). */
static void with_command(const struct config *config, int (*act)(const char *path, const struct config *config))
{
	const char *command = config->args.list[0];
	int error = ENOENT;
	char path[PATH_MAX];

	if (strchr(command, '/')) {
		if (act(command, config) == 0)
			return;
		exec_failed(command, exec_errno(command));
	}
	for (const char *from = path_of(config), *to;; from = to + 1) {
		size_t length;

		to = strchrnul(from, ':');
		length = (size_t)(to - from);
		if (length + 1 + strlen(command) < sizeof(path)) {
			int refused;

			memcpy(path, from, length);
			strcpy(path + length, length ? "/" : ""); /* an empty entry is the current directory */
			strcat(path, command);
			if (act(path, config) == 0)
				return;
			refused = exec_errno(path);
			if (refused == EACCES) /* as execvp(3): a later directory may have a better one */
				error = EACCES;
			else if (refused != ENOENT && refused != ENOTDIR)
				exec_failed(path, refused);
		}
		if (!*to)
			exec_failed(command, error);
	}
}

static int look(const char *path, const struct config *config)
{
	(void)config;
	return access(path, X_OK);
}

/* Of a held init: who makes the container hears that there is no such command, not who starts it. */
void process_find(const struct config *config)
{
	if (config->hold && (*config->args.list[0] == '/' || !strchr(config->args.list[0], '/')))
		with_command(config, look);
}

static int become(const char *path, const struct config *config)
{
	return execve(path, config->args.list, config->env.list);
}

void process_exec(const struct config *config)
{
	with_command(config, become);
}
