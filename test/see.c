/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program sees of itself and of its surroundings, as one JSON object: `probe see`. By system calls where there
 * are any, so that it works without /proc; what needs /proc is null there.
 */
#include "see.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_CAP_AMBIENT_IS_SET
#define PR_CAP_AMBIENT_IS_SET 1
#endif

extern char **environ;

static bool first = true;

static void string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void name(const char *member)
{
	printf(first ? "{" : ",");
	first = false;
	string(member);
	putchar(':');
}

static void number(const char *member, long long value)
{
	name(member);
	printf("%lld", value);
}

static void text(const char *member, const char *value)
{
	name(member);
	if (value)
		string(value);
	else
		printf("null");
}

static void strings(const char *member, char *const *list)
{
	name(member);
	putchar('[');
	for (int i = 0; list[i]; i++) {
		if (i)
			putchar(',');
		string(list[i]);
	}
	putchar(']');
}

/* The whole of a small file, or null. */
static void file(const char *member, const char *path)
{
	static char content[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 0;

	while (fd >= 0 && length < sizeof(content) - 1 &&
		(got = read(fd, content + length, sizeof(content) - 1 - length)) > 0)
		length += (size_t)got;
	if (fd >= 0)
		close(fd);
	content[length] = '\0';
	text(member, fd < 0 || got < 0 ? NULL : content);
}

static void ids(void)
{
	uid_t uid[3];
	gid_t gid[3], groups[1024];
	int count = getgroups(1024, groups);

	getresuid(&uid[0], &uid[1], &uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	name("uids");
	printf("[%u,%u,%u]", uid[0], uid[1], uid[2]);
	name("gids");
	printf("[%u,%u,%u]", gid[0], gid[1], gid[2]);
	name("groups");
	putchar('[');
	for (int i = 0; i < count; i++)
		printf(i ? ",%u" : "%u", groups[i]);
	putchar(']');
	number("pid", getpid());
	number("ppid", getppid());
	number("pgid", getpgrp());
	number("sid", getsid(0));
}

/* Each set as 16 hexadecimal digits, as in /proc/PID/status. */
static void capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint64_t bounding = 0, ambient = 0;

	syscall(SYS_capget, &header, data);
	for (unsigned long i = 0; i < 64; i++) {
		if (prctl(PR_CAPBSET_READ, i) == 1)
			bounding |= 1ULL << i;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			ambient |= 1ULL << i;
	}
	name("capabilities");
	printf("{\"effective\":\"%08x%08x\",\"permitted\":\"%08x%08x\",\"inheritable\":\"%08x%08x\",",
		data[1].effective, data[0].effective, data[1].permitted, data[0].permitted, data[1].inheritable,
		data[0].inheritable);
	printf("\"bounding\":\"%016llx\",\"ambient\":\"%016llx\"}", (unsigned long long)bounding,
		(unsigned long long)ambient);
}

/* The number of each and where it leads; the target is null without /proc. */
static void fds(void)
{
	bool any = false;

	name("fds");
	putchar('{');
	for (int fd = 0; fd < 4096; fd++) {
		char path[64], target[4096];
		ssize_t length;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		printf("%s\"%d\":", any ? "," : "", fd);
		any = true;
		if (length < 0) {
			printf("null");
			continue;
		}
		target[length] = '\0';
		string(target);
	}
	putchar('}');
}

static void namespaces(void)
{
	static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};

	name("namespaces");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char path[64], target[256];
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		length = readlink(path, target, sizeof(target) - 1);
		printf("%s\"%s\":", i ? "," : "{", kinds[i]);
		if (length < 0) {
			printf("null");
			continue;
		}
		target[length] = '\0';
		string(target);
	}
	putchar('}');
}

/* [soft, hard], -1 is unlimited */
static void rlimits(void)
{
	static const char *const names[] = {"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
		"MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};

	name("rlimits");
	for (int i = 0; i < 16; i++) {
		struct rlimit limit = {0};

		getrlimit(i, &limit);
		printf("%s\"RLIMIT_%s\":[%lld,%lld]", i ? "," : "{", names[i], (long long)limit.rlim_cur,
			(long long)limit.rlim_max);
	}
	putchar('}');
}

static void terminal(void)
{
	struct winsize size;
	char path[256];

	for (int fd = 0; fd < 3; fd++) {
		char member[16];

		snprintf(member, sizeof(member), "tty%d", fd);
		text(member, ttyname_r(fd, path, sizeof(path)) == 0 ? path : isatty(fd) ? "" : NULL);
	}
	name("window");
	if (ioctl(0, TIOCGWINSZ, &size) == 0)
		printf("[%d,%d]", size.ws_row, size.ws_col);
	else
		printf("null");
	name("controllingTerminal");
	{
		int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

		printf(fd < 0 ? "false" : "true");
		if (fd >= 0)
			close(fd);
	}
	number("foreground", tcgetpgrp(0));
}

static void scheduling(void)
{
	cpu_set_t cpus;
	bool any = false;

	errno = 0;
	number("nice", getpriority(PRIO_PROCESS, 0));
	number("policy", syscall(SYS_sched_getscheduler, 0));
	number("ioprio", syscall(SYS_ioprio_get, 1, 0));
	name("cpus");
	putchar('[');
	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &cpus)) {
			printf(any ? ",%d" : "%d", i);
			any = true;
		}
	putchar(']');
}

static void process(void)
{
	int signal_number = 0;
	sigset_t blocked;
	unsigned long long mask = 0, ignored = 0;
	mode_t old = umask(0);
	char directory[4096];

	number("umask", old);
	number("personality", personality(0xffffffff));
	number("noNewPrivileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	number("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	number("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	prctl(PR_GET_PDEATHSIG, &signal_number);
	number("parentDeathSignal", signal_number);
	number("sessionKeyring", syscall(SYS_keyctl, 0, -3, 0)); /* KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING */
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int i = 1; i < 64; i++) {
		struct sigaction action;

		if (sigismember(&blocked, i) == 1)
			mask |= 1ULL << (i - 1);
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			ignored |= 1ULL << (i - 1);
	}
	number("blocked", (long long)mask);
	number("ignored", (long long)ignored);
	text("cwd", getcwd(directory, sizeof(directory)));
}

static void names(void)
{
	struct utsname uts;
	struct timespec monotonic, boottime;

	uname(&uts);
	text("hostname", uts.nodename);
	text("domainname", uts.domainname);
	text("machine", uts.machine);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	number("monotonic", monotonic.tv_sec);
	number("boottime", boottime.tv_sec);
}

/* The names in a directory of the root, so that a test sees whose root it is. */
static void listing(const char *member, const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool any = false;

	name(member);
	if (!directory) {
		printf("null");
		return;
	}
	putchar('[');
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (any)
			putchar(',');
		any = true;
		string(entry->d_name);
	}
	putchar(']');
	closedir(directory);
}

int see(char *const *args)
{
	fds(); /* first, before any is opened here */
	strings("args", args);
	strings("env", environ);
	ids();
	capabilities();
	namespaces();
	rlimits();
	terminal();
	scheduling();
	process();
	names();
	listing("root", "/");
	listing("dev", "/dev");
	file("oomScoreAdj", "/proc/self/oom_score_adj");
	file("cgroup", "/proc/self/cgroup");
	file("uidMap", "/proc/self/uid_map");
	file("gidMap", "/proc/self/gid_map");
	file("mountinfo", "/proc/self/mountinfo");
	file("status", "/proc/self/status");
	file("process1", "/proc/1/status");
	puts("}");
	return 0;
}
