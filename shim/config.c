/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init config: one line on the channel, decoded into one struct. The field tables follow
 * ../schema/init-config.schema.json; a contract test feeds both the same texts and compares what they say.
 */

#include "shim.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* clang-format off */
static const char *const versions[] = {VERSION, NULL};
static const char *const init_types[] = {"standard", "setns", NULL};
static const char *const propagations[] = {"private", "slave", "shared", "unbindable", NULL};
static const char *const mount_propagations[] = {
	"private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable", NULL};
static const char *const mount_attributes[] = {
	"ro", "nosuid", "nodev", "noexec", "nodiratime", "nosymfollow", "relatime", "noatime", "strictatime", NULL};
static const char *const device_types[] = {"b", "c", "p", NULL};
static const char *const capability_names[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE", NULL};
/* in the order of RLIMIT_… of Linux, which is the same on x86-64 and arm64 */
static const char *const rlimit_types[] = {
	[RLIMIT_CPU] = "RLIMIT_CPU", [RLIMIT_FSIZE] = "RLIMIT_FSIZE", [RLIMIT_DATA] = "RLIMIT_DATA",
	[RLIMIT_STACK] = "RLIMIT_STACK", [RLIMIT_CORE] = "RLIMIT_CORE", [RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_NPROC] = "RLIMIT_NPROC", [RLIMIT_NOFILE] = "RLIMIT_NOFILE", [RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_AS] = "RLIMIT_AS", [RLIMIT_LOCKS] = "RLIMIT_LOCKS", [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE", [RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME", NULL};
static const char *const policies[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE", NULL};
static const char *const io_classes[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", NULL};
static const char *const personalities[] = {"LINUX", "LINUX32", NULL};
static const char *const seccomp_flags[] = {
	"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", NULL};

/* A row is: struct, member, name, whether it must be there, and what is special to its kind. */
#define STRING(in, member, label, must, what) \
	{.name = label, .kind = JSON_STRING, .required = must, .offset = offsetof(in, member), .format = what}
#define EXACTLY(in, member, label, must, names) \
	{.name = label, .kind = JSON_STRING, .required = must, .offset = offsetof(in, member), .format = EXACT, \
	 .choices = names}
#define CHOICE(in, member, label, must, names) \
	{.name = label, .kind = JSON_CHOICE, .required = must, .offset = offsetof(in, member), .choices = names}
#define BOOLEAN(in, member, label) \
	{.name = label, .kind = JSON_BOOLEAN, .offset = offsetof(in, member)}
#define INTEGER(in, member, label, must, lowest, highest) \
	{.name = label, .kind = JSON_INTEGER, .required = must, .offset = offsetof(in, member), .least = lowest, \
	 .most = highest}
#define STRINGS(in, member, label, must, what, fewest, greatest) \
	{.name = label, .kind = JSON_STRINGS, .required = must, .offset = offsetof(in, member), .format = what, \
	 .min = fewest, .max = greatest}
#define INTEGERS(in, member, label, lowest, highest, greatest) \
	{.name = label, .kind = JSON_INTEGERS, .offset = offsetof(in, member), .least = lowest, .most = highest, \
	 .max = greatest, .count_offset = offsetof(in, member##_count)}
#define SET(in, member, label, names) \
	{.name = label, .kind = JSON_SET, .offset = offsetof(in, member), .choices = names}
#define OBJECT(in, member, label, must, of) \
	{.name = label, .kind = JSON_OBJECT, .required = must, .offset = offsetof(in, member), .type = &(of)}
#define OBJECTS(in, member, label, of, greatest) \
	{.name = label, .kind = JSON_OBJECTS, .offset = offsetof(in, member), .type = &(of), .min = 1, \
	 .max = greatest, .count_offset = offsetof(in, member##_count)}
#define TYPE(name, structure, fields) \
	static const struct json_type name = {sizeof(structure), fields, COUNT(fields)}; \
	_Static_assert(COUNT(fields) <= 64, "json.c has a bit for each")

enum { ID_MAX = 4294967294 }; /* (uid_t)-1 means "unchanged" to the kernel */

static const struct json_field user_fields[] = {
	INTEGER(struct user, uid, "uid", false, 0, ID_MAX),
	STRING(struct user, name, "name", false, NON_EMPTY),
	INTEGER(struct user, gid, "gid", false, 0, ID_MAX),
	STRING(struct user, group, "group", false, NON_EMPTY),
	INTEGERS(struct user, additional_gids, "additionalGids", 0, ID_MAX, GROUPS_MAX),
	STRINGS(struct user, additional_groups, "additionalGroups", false, NON_EMPTY, 0, GROUPS_MAX),
	BOOLEAN(struct user, variables, "variables"),
};
TYPE(user_type, struct user, user_fields);

static const struct json_field capabilities_fields[] = {
	SET(struct capabilities, bounding, "bounding", capability_names),
	SET(struct capabilities, effective, "effective", capability_names),
	SET(struct capabilities, inheritable, "inheritable", capability_names),
	SET(struct capabilities, permitted, "permitted", capability_names),
	SET(struct capabilities, ambient, "ambient", capability_names),
};
TYPE(capabilities_type, struct capabilities, capabilities_fields);

static const struct json_field seccomp_fields[] = {
	STRING(struct seccomp, filter, "filter", true, INSTRUCTIONS),
	SET(struct seccomp, flags, "flags", seccomp_flags),
};
TYPE(seccomp_type, struct seccomp, seccomp_fields);

static const struct json_field forks_fields[] = {
	INTEGERS(struct forks, refuse, "refuse", 1, INTEGER_MAX, FORKS_MAX),
};
TYPE(forks_type, struct forks, forks_fields);

static const struct json_field rlimit_fields[] = {
	CHOICE(struct rlimit_config, type, "type", true, rlimit_types),
	INTEGER(struct rlimit_config, soft, "soft", true, -1, INTEGER_MAX),
	INTEGER(struct rlimit_config, hard, "hard", true, -1, INTEGER_MAX),
};
TYPE(rlimit_type, struct rlimit_config, rlimit_fields);

static const struct json_field scheduler_fields[] = {
	CHOICE(struct scheduler, policy, "policy", true, policies),
	INTEGER(struct scheduler, nice, "nice", false, -20, 19),
	INTEGER(struct scheduler, priority, "priority", false, 0, 99),
	INTEGER(struct scheduler, runtime, "runtime", false, 0, INTEGER_MAX),
	INTEGER(struct scheduler, deadline, "deadline", false, 0, INTEGER_MAX),
	INTEGER(struct scheduler, period, "period", false, 0, INTEGER_MAX),
	BOOLEAN(struct scheduler, reset_on_fork, "resetOnFork"),
};
TYPE(scheduler_type, struct scheduler, scheduler_fields);

static const struct json_field io_priority_fields[] = {
	CHOICE(struct io_priority, class, "class", true, io_classes),
	INTEGER(struct io_priority, priority, "priority", false, 0, 7),
};
TYPE(io_priority_type, struct io_priority, io_priority_fields);

static const struct json_field console_fields[] = {
	INTEGER(struct console, height, "height", false, 0, 65535),
	INTEGER(struct console, width, "width", false, 0, 65535),
	STRING(struct console, socket, "socket", false, ABSOLUTE_PATH),
};
TYPE(console_type, struct console, console_fields);

#define NAMESPACE(index, label) \
	{.name = label, .kind = JSON_STRING, .format = NEW_OR_PATH, \
	 .offset = offsetof(struct namespaces, of[index])}
static const struct json_field namespaces_fields[] = {
	NAMESPACE(NS_CGROUP, "cgroup"), NAMESPACE(NS_IPC, "ipc"), NAMESPACE(NS_MOUNT, "mount"),
	NAMESPACE(NS_NETWORK, "network"), NAMESPACE(NS_PID, "pid"), NAMESPACE(NS_TIME, "time"),
	NAMESPACE(NS_USER, "user"), NAMESPACE(NS_UTS, "uts"),
};
TYPE(namespaces_type, struct namespaces, namespaces_fields);

static const struct json_field target_fields[] = {
	INTEGER(struct target, pid, "pid", true, 1, 4194304),
	INTEGER(struct target, start_time, "startTime", true, 0, INTEGER_MAX),
};
TYPE(target_type, struct target, target_fields);

static const struct json_field time_offset_fields[] = {
	INTEGER(struct time_offset, secs, "secs", true, -INTEGER_MAX, INTEGER_MAX),
	INTEGER(struct time_offset, nanosecs, "nanosecs", true, 0, 999999999),
};
TYPE(time_offset_type, struct time_offset, time_offset_fields);

static const struct json_field time_offsets_fields[] = {
	OBJECT(struct time_offsets, monotonic, "monotonic", false, time_offset_type),
	OBJECT(struct time_offsets, boottime, "boottime", false, time_offset_type),
};
TYPE(time_offsets_type, struct time_offsets, time_offsets_fields);

static const struct json_field root_fields[] = {
	STRING(struct root, path, "path", true, ABSOLUTE_PATH),
	BOOLEAN(struct root, readonly, "readonly"),
};
TYPE(root_type, struct root, root_fields);

static const struct json_field idmap_fields[] = {
	STRING(struct idmap, uids, "uids", true, NON_EMPTY),
	STRING(struct idmap, gids, "gids", true, NON_EMPTY),
	BOOLEAN(struct idmap, recursive, "recursive"),
};
TYPE(idmap_type, struct idmap, idmap_fields);

static const struct json_field mount_fields[] = {
	STRING(struct mount, destination, "destination", true, ABSOLUTE_PATH),
	STRING(struct mount, type, "type", true, NON_EMPTY),
	STRING(struct mount, source, "source", false, NON_EMPTY),
	BOOLEAN(struct mount, recursive, "recursive"),
	BOOLEAN(struct mount, replace, "replace"),
	BOOLEAN(struct mount, copy_up, "copyUp"),
	SET(struct mount, set, "set", mount_attributes),
	SET(struct mount, clear, "clear", mount_attributes),
	SET(struct mount, set_recursive, "setRecursive", mount_attributes),
	SET(struct mount, clear_recursive, "clearRecursive", mount_attributes),
	CHOICE(struct mount, propagation, "propagation", false, mount_propagations),
	STRINGS(struct mount, data, "data", false, NON_EMPTY, 0, DATA_MAX),
	OBJECT(struct mount, idmap, "idmap", false, idmap_type),
};
TYPE(mount_type, struct mount, mount_fields);

static const struct json_field device_fields[] = {
	STRING(struct device, path, "path", true, ABSOLUTE_PATH),
	CHOICE(struct device, type, "type", true, device_types),
	INTEGER(struct device, major, "major", false, 0, 4095),
	INTEGER(struct device, minor, "minor", false, 0, 1048575),
	INTEGER(struct device, file_mode, "fileMode", false, 0, 07777),
	INTEGER(struct device, uid, "uid", false, 0, ID_MAX),
	INTEGER(struct device, gid, "gid", false, 0, ID_MAX),
};
TYPE(device_type, struct device, device_fields);

static const struct json_field link_fields[] = {
	STRING(struct link, path, "path", true, ABSOLUTE_PATH),
	STRING(struct link, target, "target", true, NON_EMPTY),
};
TYPE(link_type, struct link, link_fields);

static const struct json_field cgroup_fields[] = {
	STRING(struct cgroup, path, "path", false, ABSOLUTE_PATH),
	STRINGS(struct cgroup, directories, "directories", true, ABSOLUTE_PATH, 0, CGROUPS_MAX),
	STRINGS(struct cgroup, bases, "bases", true, ABSOLUTE_PATH, 0, CGROUPS_MAX),
	STRING(struct cgroup, device_program, "deviceProgram", false, INSTRUCTIONS),
};
TYPE(cgroup_type, struct cgroup, cgroup_fields);

#define ENVIRONMENT \
	{.name = "env", .kind = JSON_STRINGS, .required = true, .offset = offsetof(struct config, env), \
	 .format = KEY_VALUE, .max = ARGS_MAX, .spare = 3 /* HOME, USER, LOGNAME: user.c */}
static const struct json_field config_fields[] = {
	EXACTLY(struct config, version, "version", true, versions),
	CHOICE(struct config, init_type, "initType", true, init_types),
	STRINGS(struct config, args, "args", true, TEXT, 1, ARGS_MAX),
	ENVIRONMENT,
	STRING(struct config, cwd, "cwd", true, ABSOLUTE_PATH),
	OBJECT(struct config, user, "user", false, user_type),
	INTEGER(struct config, umask, "umask", false, 0, 0777),
	OBJECT(struct config, capabilities, "capabilities", false, capabilities_type),
	BOOLEAN(struct config, no_new_privileges, "noNewPrivileges"),
	OBJECT(struct config, seccomp, "seccomp", false, seccomp_type),
	OBJECT(struct config, forks, "forks", false, forks_type),
	OBJECTS(struct config, rlimits, "rlimits", rlimit_type, RLIMITS_MAX),
	INTEGER(struct config, oom_score_adj, "oomScoreAdj", false, -1000, 1000),
	OBJECT(struct config, scheduler, "scheduler", false, scheduler_type),
	OBJECT(struct config, io_priority, "ioPriority", false, io_priority_type),
	INTEGER(struct config, timer_slack, "timerSlack", false, 1, INTEGER_MAX),
	INTEGERS(struct config, cpu_affinity, "cpuAffinity", 0, CPUS_MAX - 1, CPUS_MAX),
	CHOICE(struct config, personality, "personality", false, personalities),
	BOOLEAN(struct config, session_keyring, "sessionKeyring"),
	INTEGER(struct config, parent_death_signal, "parentDeathSignal", false, 1, 64),
	INTEGERS(struct config, ignored_signals, "ignoredSignals", 1, 64, SIGNALS_MAX),
	BOOLEAN(struct config, process_1, "process1"),
	INTEGER(struct config, preserved_fds, "preservedFds", false, 0, FDS_MAX),
	OBJECT(struct config, console, "console", false, console_type),
	OBJECT(struct config, namespaces, "namespaces", true, namespaces_type),
	OBJECT(struct config, target, "target", false, target_type),
	OBJECT(struct config, time_offsets, "timeOffsets", false, time_offsets_type),
	STRING(struct config, hostname, "hostname", false, NON_EMPTY),
	STRING(struct config, domainname, "domainname", false, NON_EMPTY),
	STRINGS(struct config, sysctl, "sysctl", false, KEY_VALUE, 1, SYSCTLS_MAX),
	CHOICE(struct config, rootfs_propagation, "rootfsPropagation", true, propagations),
	OBJECT(struct config, root, "root", false, root_type),
	OBJECTS(struct config, mounts, "mounts", mount_type, MOUNTS_MAX),
	OBJECTS(struct config, devices, "devices", device_type, DEVICES_MAX),
	OBJECTS(struct config, links, "links", link_type, LINKS_MAX),
	STRINGS(struct config, masked_paths, "maskedPaths", false, ABSOLUTE_PATH, 1, PATHS_MAX),
	STRINGS(struct config, readonly_paths, "readonlyPaths", false, ABSOLUTE_PATH, 1, PATHS_MAX),
	OBJECT(struct config, cgroup, "cgroup", true, cgroup_type),
	STRING(struct config, state_file, "stateFile", false, ABSOLUTE_PATH),
	STRING(struct config, hold, "hold", false, ABSOLUTE_PATH),
	BOOLEAN(struct config, says_mounted, "saysMounted"),
};
TYPE(config_type, struct config, config_fields);
/* clang-format on */

static void check_user(const struct user *user)
{
	if (user->uid.given && user->name)
		json_refuse("/user", "has both uid and name");
	if (user->gid.given && user->group)
		json_refuse("/user", "has both gid and group");
}

/* Without a namespace of its own the change would be the host's. */
static void check_made(const struct config *config, bool needed, enum namespace_type type, const char *pointer)
{
	const char *of = config->namespaces.of[type];

	if (!needed || config_makes_namespace(config, type))
		return;
	json_refuse(pointer, of ? "must be \"new\"" : "is missing");
}

static void check_needed_namespaces(const struct config *config)
{
	bool mounts = config->root.given || config->mounts_count || config->devices_count || config->links_count ||
		      config->masked_paths.count || config->readonly_paths.count;

	check_made(config, mounts, NS_MOUNT, "/namespaces/mount");
	check_made(config, config->hostname || config->domainname, NS_UTS, "/namespaces/uts");
	check_made(config, config->time_offsets.given, NS_TIME, "/namespaces/time");
	check_made(config, config->process_1, NS_PID, "/namespaces/pid");
}

/* What is taken away from a shared mount is taken away from the host as well. */
static void check_replaced(const struct config *config)
{
	for (size_t i = 0; config->rootfs_propagation == SHARED && i < config->mounts_count; i++)
		if (config->mounts[i].replace)
			json_refuse("/rootfsPropagation", "must not be \"shared\" where a mount replaces another one");
}

/* A process that joins gets the namespaces of its target as they are, and leaves the container when it ends. */
static void check_init_type(const struct config *config)
{
	if (config->init_type == INIT_STANDARD) {
		if (config->target.given)
			json_refuse("/target", "is for initType setns");
		return;
	}
	if (!config->target.given)
		json_refuse("/target", "is missing");
	for (int i = 0; i < NS_COUNT; i++)
		if (config->namespaces.of[i])
			json_refuse("/namespaces", "must be empty: they are those of the target");
	if (config->process_1)
		json_refuse("/process1", "is for initType standard");
	if (config->forks.given)
		json_refuse("/forks", "is for initType standard");
}

/* *config must be zero, text[length] writable. The strings stay in the text. */
void config_decode(char *text, size_t length, struct config *config)
{
	json_decode(text, length, &config_type, config);
	check_user(&config->user);
	check_init_type(config);
	check_needed_namespaces(config);
	check_replaced(config);
}

enum { PAGE = 4096 };

struct {
	struct config config; /* longer than a page, and no text */
	char text[CONFIG_MAX];
	char spare[PAGE]; /* for config_forget() */
} config_decoded LARGE;
_Static_assert(sizeof(struct config) > PAGE, "the text begins in the second page");

/* Of all whole pages of the text, which is between others. */
static void advise(int advice, int tolerated)
{
	uintptr_t from = ((uintptr_t)&config_decoded + PAGE - 1) / PAGE * PAGE;
	uintptr_t to = (uintptr_t)(&config_decoded + 1) / PAGE * PAGE;

	if (madvise((void *)from, to - from, advice) < 0 && errno != tolerated)
		fail("madvise");
}

/* A huge page would take longer to clear than a launch does, and count as memory of the program: ru_maxrss is
 * inherited. */
const struct config *config_read(void)
{
	char *text = config_decoded.text;

	advise(MADV_NOHUGEPAGE, EINVAL); /* EINVAL: the kernel has none */
	config_decode(text, sync_line(text, CONFIG_MAX, "the config"), &config_decoded.config);
	return &config_decoded.config;
}

/* In this process alone the text reads as zeroes from here on. */
void config_forget(void)
{
	advise(MADV_DONTNEED, 0);
}

const char *config_capability(int number)
{
	return capability_names[number];
}

const char *config_rlimit(int type)
{
	return rlimit_types[type];
}

const char *config_policy(int policy)
{
	return policies[policy];
}

/* Whether the outer stands between the terminal and the controller. */
bool config_relays_console(const struct config *config)
{
	return config->console.given && !config->console.socket;
}

bool config_makes_namespace(const struct config *config, enum namespace_type type)
{
	const char *of = config->namespaces.of[type];

	return of && *of != '/';
}

bool config_joins_namespace(const struct config *config, enum namespace_type type)
{
	const char *of = config->namespaces.of[type];

	return of && *of == '/';
}
