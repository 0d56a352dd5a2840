/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names, clocks, loopback and parameters of new namespaces. What stands in /proc is written through a procfs of our
 * own that nobody else can see (CVE-2025-52881: what a container mounted over its /proc is not what we write to).
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- the procfs ------------------------------------------------------------------------------------------ */

/*
 * In a user namespace the kernel may refuse a new one (its pid namespace is not ours, or the /proc that is there has
 * masks): then that one, which must be a procfs from its root on.
 */
static int open_proc(void)
{
	int context = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
	int proc = -1;
	struct stat root;

	if (context >= 0 && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		proc = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	if (proc < 0 && errno != EPERM)
		fail("mount proc");
	close(context);
	if (proc >= 0)
		return proc;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (proc < 0)
		fail("open /proc");
	path_stat(proc, &root);
	if (path_system(proc) != PROC_SUPER_MAGIC || root.st_ino != 1)
		failx("/proc is not the root of a procfs");
	return proc;
}

/* Stays in that one mount: what is mounted over a part of it is an error. */
static int open_in(int directory, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/* ---- clocks ---------------------------------------------------------------------------------------------- */

static void add_offset(struct text *lines, const char *clock, const struct time_offset *offset)
{
	if (!offset->given)
		return;
	text_add(lines, clock);
	text_add(lines, " ");
	text_number(lines, offset->secs.value);
	text_add(lines, " ");
	text_number(lines, offset->nanosecs.value);
	text_add(lines, "\n");
}

/*
 * The file belongs to the root of the host while this process is not dumpable. In a user namespace that was made for
 * it, nobody but its owner could trace it in the meantime.
 */
static int open_offsets(const struct config *config, int proc)
{
	bool dumpable = config_makes_namespace(config, NS_USER);
	int file;

	if (dumpable && prctl(PR_SET_DUMPABLE, 1) < 0)
		fail("prctl PR_SET_DUMPABLE");
	file = open_in(proc, "self/timens_offsets", O_WRONLY);
	if (file < 0 && errno == EACCES)
		fail("timeOffsets: only root, or who makes a user namespace too, can set them");
	if (file < 0)
		fail("open /proc/self/timens_offsets");
	process_undumpable(config);
	return file;
}

static void set_offsets(const struct config *config, int proc)
{
	const struct time_offset *monotonic = &config->time_offsets.monotonic;
	int file = open_offsets(config, proc);
	TEXT(lines, 128);

	add_offset(&lines, "monotonic", monotonic);
	add_offset(&lines, "boottime", &config->time_offsets.boottime);
	if (lines.length && write(file, lines.bytes, lines.length) < 0) {
		if (errno == ERANGE)
			fail("timeOffsets: no clock may be before 0 or after 146 years");
		fail("write /proc/self/timens_offsets");
	}
	close(file);
	if (monotonic->given)
		clock_shift(monotonic->secs.value * 1000000 + monotonic->nanosecs.value / 1000);
}

/* unshare(2) makes the namespace for children only, and until one is in it its clocks can be set. */
void kernel_time(const struct config *config)
{
	int proc, directory, namespace;

	if (!config_makes_namespace(config, NS_TIME))
		return;
	if (unshare(CLONE_NEWTIME) < 0)
		fail("unshare CLONE_NEWTIME");
	proc = open_proc();
	if (config->time_offsets.given)
		set_offsets(config, proc);
	directory = open_in(proc, "self/ns", O_PATH | O_DIRECTORY);
	if (directory < 0)
		fail("open /proc/self/ns");
	namespace = openat(directory, "time_for_children", O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || setns(namespace, CLONE_NEWTIME) < 0)
		fail("setns /proc/self/ns/time_for_children");
	close(namespace);
	close(directory);
	close(proc);
}

/* ---- names and loopback ---------------------------------------------------------------------------------- */

void kernel_names(const struct config *config)
{
	const char *host = config->hostname, *domain = config->domainname;

	if (host && sethostname(host, strlen(host)) < 0)
		fail("sethostname ", host, errno == EINVAL ? ": longer than 64 bytes" : "");
	if (domain && setdomainname(domain, strlen(domain)) < 0)
		fail("setdomainname ", domain, errno == EINVAL ? ": longer than 64 bytes" : "");
}

void kernel_loopback(const struct config *config)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int file;

	if (!config_makes_namespace(config, NS_NETWORK))
		return;
	file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (file < 0)
		fail("socket");
	if (ioctl(file, SIOCSIFFLAGS, &loopback) < 0)
		fail("ioctl SIOCSIFFLAGS of lo");
	close(file);
}

/* ---- parameters ------------------------------------------------------------------------------------------ */

/* Those that are of a namespace, as paths below /proc/sys; a slash at the end stands for all below it. */
static const struct {
	const char *path;
	enum namespace_type of;
} parameters[] = {
	{"net/", NS_NETWORK},
	{"fs/mqueue/", NS_IPC},
	{"kernel/msgmax", NS_IPC},
	{"kernel/msgmnb", NS_IPC},
	{"kernel/msgmni", NS_IPC},
	{"kernel/msg_next_id", NS_IPC},
	{"kernel/sem", NS_IPC},
	{"kernel/sem_next_id", NS_IPC},
	{"kernel/shmall", NS_IPC},
	{"kernel/shmmax", NS_IPC},
	{"kernel/shmmni", NS_IPC},
	{"kernel/shm_next_id", NS_IPC},
	{"kernel/shm_rmid_forced", NS_IPC},
	{"kernel/domainname", NS_UTS},
	{"kernel/hostname", NS_UTS},
	{"user/", NS_USER},
};

/* As sysctl(8): where the first separator is a dot, dots and slashes change places. */
static void sysctl_path(struct text *path, const char *name, size_t length)
{
	const char *first = strpbrk(name, "./=");
	bool dots = first && *first == '.';

	for (size_t i = 0; i < length; i++) {
		char c[2] = {name[i], '\0'};

		if (dots && *c == '.')
			*c = '/';
		else if (dots && *c == '/')
			*c = '.';
		text_add(path, c);
	}
	text_end(path);
}

/* net/../kernel is not of the network. */
static bool has_dots(const char *path)
{
	for (; *path; path++)
		if (path[0] == '.' && path[1] == '.')
			return true;
	return false;
}

/* The namespace that it is a parameter of; NS_COUNT: of none, and that would be the host's. */
static enum namespace_type namespace_of(const char *path)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
		const char *known = parameters[i].path;
		size_t length = strlen(known);

		if (strncmp(path, known, length) == 0 && (known[length - 1] == '/' || path[length] == '\0'))
			return has_dots(path) ? NS_COUNT : parameters[i].of;
	}
	return NS_COUNT;
}

static void set_parameter(const struct config *config, int sys, const char *assignment)
{
	const char *value = strchr(assignment, '=') + 1;
	TEXT(path, 256);
	enum namespace_type of;
	int file;

	sysctl_path(&path, assignment, (size_t)(value - 1 - assignment));
	of = assignment + path.length + 1 == value ? namespace_of(path.bytes) : NS_COUNT;
	if (of == NS_COUNT)
		failx("sysctl ", assignment, ": not a parameter of a namespace, it would be changed for the host");
	if (!config_makes_namespace(config, of) && !joiner_joins(of))
		failx("sysctl ", assignment, ": the container has no ", namespace_kinds[of].name,
			" namespace of its own");
	file = open_in(sys, path.bytes, O_WRONLY);
	if (file < 0 && errno == ENOENT)
		fail("sysctl ", assignment, ": no such parameter");
	if (!*value)
		value = "\n"; /* the kernel does not take an empty write as one */
	if (file < 0 || write(file, value, strlen(value)) < 0)
		fail("sysctl ", assignment);
	close(file);
}

void kernel_sysctl(const struct config *config)
{
	int proc, sys;

	if (!config->sysctl.count)
		return;
	proc = open_proc();
	sys = open_in(proc, "sys", O_PATH | O_DIRECTORY);
	if (sys < 0)
		fail("open /proc/sys");
	for (size_t i = 0; i < config->sysctl.count; i++)
		set_parameter(config, sys, config->sysctl.list[i]);
	close(sys);
	close(proc);
}
