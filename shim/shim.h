/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procready-shim: the table of contents. The theory of operation is in README.md.
 *
 * Three processes run this program. The *outer* stays outside the container and is the parent of the two others: of
 * *process 1* of the container, which only waits, and of the *init*, which does every step inside and becomes the
 * user's program. Outer and init speak NDJSON on fd 3 (../schema/README.md). The *maker* is between them for a moment:
 * it makes the others, and the namespaces that they share. Where the config asks for no process 1, the init is it, or a
 * process in a pid namespace that there is already. A *starter* is the parent of the outers of a controller that
 * launches again and again.
 */
#ifndef PROCREADY_SHIM_H
#define PROCREADY_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum {
	CHANNEL = 3, /* the inherited end of the controller's socket pair */
	CONSOLE_RELAY =
		4, /* another one, for what is typed and printed, where the config has a console without socket */
	CONFIG_MAX = 16 << 20, /* bytes of a config line, its newline included */
	MESSAGE_MAX = 4096,    /* bytes of any other message: PIPE_BUF, so that one write is one message */
	/* items of args, and of env: no kernel takes more, whose 6 MiB at most are for 9 bytes of each, execve(2) */
	ARGS_MAX = 699050,
	MOUNTS_MAX = 128,
	DATA_MAX = 32, /* data of a mount */
	DEVICES_MAX = 1024,
	LINKS_MAX = 32,
	PATHS_MAX = 128, /* masked, and read-only */
	SYSCTLS_MAX = 64,
	GROUPS_MAX = 256,
	CPUS_MAX = 1024,
	RLIMITS_MAX = 16,
	FDS_MAX = 250,  /* preserved file descriptors */
	FORKS_MAX = 64, /* forks that are refused */
	SIGNALS_MAX = 64,
	FILTER_MAX = 4096, /* instructions of a seccomp program, BPF_MAXINSNS */
	CGROUPS_MAX = 16,  /* cgroup directories of a container */
};

/*
 * What is large and static stands behind all other data, for the linker puts common symbols last. So what the init
 * writes to is in one page: each is charged to the container, in which it is born on cgroup v2.
 */
#define LARGE __attribute__((common))

#define INTEGER_MAX 9007199254740991LL /* the largest that a JSON number holds exactly, RFC 8259 section 6 */

/* ---- config.c: the init config, schema/init-config.schema.json ------------------------------------------- */

/* Where a choice may be absent, 0 says so and the values begin at 1; see JSON_CHOICE. */
enum init_type { INIT_STANDARD, INIT_SETNS };
enum namespace_type { NS_CGROUP, NS_IPC, NS_MOUNT, NS_NETWORK, NS_PID, NS_TIME, NS_USER, NS_UTS, NS_COUNT };
enum propagation { PRIVATE, SLAVE, SHARED, UNBINDABLE }; /* of the root; a mount may also have the recursive ones */
enum mount_propagation {
	UNCHANGED,
	M_PRIVATE,
	M_RPRIVATE,
	M_SLAVE,
	M_RSLAVE,
	M_SHARED,
	M_RSHARED,
	M_UNBINDABLE,
	M_RUNBINDABLE
};
enum mount_attribute {
	ATTR_RO,
	ATTR_NOSUID,
	ATTR_NODEV,
	ATTR_NOEXEC,
	ATTR_NODIRATIME,
	ATTR_NOSYMFOLLOW,
	ATTR_RELATIME,
	ATTR_NOATIME,
	ATTR_STRICTATIME,
	ATTR_COUNT
};
enum device_type { DEVICE_BLOCK, DEVICE_CHARACTER, DEVICE_FIFO };
enum { CAPABILITIES_COUNT = 41 }; /* every Linux since 5.9 has them; the bits of a set are those of capabilities(7) */
enum scheduler_policy { POLICY_OTHER, POLICY_FIFO, POLICY_RR, POLICY_BATCH, POLICY_ISO, POLICY_IDLE, POLICY_DEADLINE };
enum io_class { IO_RT, IO_BE, IO_IDLE };
enum personality { PERSONALITY_UNCHANGED, PERSONALITY_LINUX, PERSONALITY_LINUX32 };
enum seccomp_flag { SECCOMP_LOG, SECCOMP_SPEC_ALLOW, SECCOMP_TSYNC };

struct strings {
	char **list; /* ends with NULL, as execve(2) wants it */
	size_t count;
};

struct integer {
	bool given;
	long long value;
};

struct user {
	bool given;
	struct integer uid; /* or name, which is looked up in the container's /etc/passwd; neither: stays what it is */
	char *name;
	struct integer gid; /* or group; neither: that of the user in /etc/passwd, else 0 */
	char *group;
	long long additional_gids[GROUPS_MAX];
	size_t additional_gids_count;
	struct strings additional_groups;
	bool variables; /* USER and LOGNAME, as HOME: where env has them not */
};

struct capabilities { /* bit n is capability n */
	bool given;
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct seccomp {
	bool given;
	char *filter;   /* struct sock_filter in hexadecimal, as it lies in memory; decoded where it stands */
	uint64_t flags; /* of enum seccomp_flag */
};

struct forks { /* of the program and what descends from it; the first is 1 */
	bool given;
	long long refuse[FORKS_MAX];
	size_t refuse_count;
};

struct rlimit_config {
	int type;                  /* RLIMIT_… of getrlimit(2) */
	struct integer soft, hard; /* -1: RLIM_INFINITY */
};

struct scheduler {
	bool given;
	int policy; /* enum scheduler_policy */
	struct integer nice, priority, runtime, deadline, period;
	bool reset_on_fork;
};

struct io_priority {
	bool given;
	int class; /* enum io_class */
	struct integer priority;
};

struct console {
	bool given;
	struct integer height, width;
	char *socket; /* gets the master; absent: the outer relays between it and CONSOLE_RELAY */
};

struct namespaces {
	bool given;
	char *of[NS_COUNT]; /* NULL: the caller's; "new"; or the path of one to join */
};

/* The first process of a running container. The start time tells it from another that has its pid by now. */
struct target {
	bool given;
	struct integer pid;
	struct integer start_time; /* clock ticks since boot, proc_pid_stat(5) */
};

struct time_offset {
	bool given;
	struct integer secs, nanosecs;
};

struct time_offsets {
	bool given;
	struct time_offset monotonic, boottime;
};

struct root {
	bool given;
	char *path;
	bool readonly;
};

struct idmap { /* what uid_map and gid_map take, user_namespaces(7) */
	bool given;
	char *uids, *gids;
	bool recursive;
};

struct mount {
	char *destination;
	char *type; /* of the file system, or bind */
	char *source;
	bool recursive;      /* bind: with what is mounted below the source */
	bool copy_up;        /* tmpfs: begins as a copy of what it covers */
	bool replace;        /* what is mounted at the destination goes, unless it is locked */
	uint64_t set, clear; /* of enum mount_attribute */
	uint64_t set_recursive, clear_recursive;
	int propagation;     /* enum mount_propagation */
	struct strings data; /* KEY or KEY=VALUE for the file system */
	struct idmap idmap;
};

struct device {
	char *path;
	int type; /* enum device_type */
	struct integer major, minor, file_mode, uid, gid;
};

struct link {
	char *path, *target;
};

struct cgroup {
	bool given;
	char *path;                 /* v2: the init is cloned into it; NULL: the controller moves it */
	struct strings directories; /* the container's own */
	struct strings bases;       /* where they stand */
	char *device_program;       /* v2: struct bpf_insn in hexadecimal, as it lies in memory */
};

/* What is absent is zero, and the steps that it is for do nothing. */
struct config {
	char *version;
	int init_type; /* enum init_type */
	struct strings args;
	struct strings env;
	char *cwd;
	struct user user;
	struct integer umask;
	struct capabilities capabilities;
	bool no_new_privileges;
	struct seccomp seccomp;
	struct forks forks;
	struct rlimit_config rlimits[RLIMITS_MAX];
	size_t rlimits_count;
	struct integer oom_score_adj;
	struct scheduler scheduler;
	struct io_priority io_priority;
	struct integer timer_slack; /* nanoseconds */
	long long cpu_affinity[CPUS_MAX];
	size_t cpu_affinity_count;
	int personality; /* enum personality */
	bool session_keyring;
	struct integer parent_death_signal;
	long long ignored_signals[SIGNALS_MAX];
	size_t ignored_signals_count;
	bool process_1; /* of the new pid namespace is ours */
	struct integer preserved_fds;
	struct console console;
	struct namespaces namespaces;
	struct target target;
	struct time_offsets time_offsets;
	char *hostname;
	char *domainname;
	struct strings sysctl;  /* NAME=VALUE */
	int rootfs_propagation; /* enum propagation */
	struct root root;
	struct mount mounts[MOUNTS_MAX];
	size_t mounts_count;
	struct device devices[DEVICES_MAX];
	size_t devices_count;
	struct link links[LINKS_MAX];
	size_t links_count;
	struct strings masked_paths, readonly_paths;
	struct cgroup cgroup;
	char *state_file;  /* removed with the container */
	bool says_mounted; /* the init says procMounted, and waits for procEnter */
	char *hold; /* directory of two FIFOs: the init is held at procReady, and outlives the outer; see hold.c */
};

const struct config *config_read(void);
void config_decode(char *text, size_t length, struct config *config);
void config_forget(void);
const char *config_capability(int number);
const char *config_rlimit(int type);
const char *config_policy(int policy);
bool config_relays_console(const struct config *config);
bool config_makes_namespace(const struct config *config, enum namespace_type type);
bool config_joins_namespace(const struct config *config, enum namespace_type type);

/* ---- json.c: strict decoding of one JSON text into one struct -------------------------------------------- */

/*
 * What a field is in C: STRING char *; CHOICE int, the index of the name, plus 1 where it may be absent; BOOLEAN bool;
 * INTEGER struct integer; STRINGS struct strings; INTEGERS long long[] and a count; SET uint64_t, a bit a name; OBJECT
 * a struct whose first member is bool given; OBJECTS an array of structs and a count.
 */
enum json_kind {
	JSON_STRING,
	JSON_CHOICE,
	JSON_BOOLEAN,
	JSON_INTEGER,
	JSON_STRINGS,
	JSON_INTEGERS,
	JSON_SET,
	JSON_OBJECT,
	JSON_OBJECTS
};
enum json_format { TEXT, NON_EMPTY, ABSOLUTE_PATH, NEW_OR_PATH, KEY_VALUE, INSTRUCTIONS, EXACT };

struct json_type;

struct json_field {
	const char *name;
	uint8_t kind;   /* enum json_kind */
	uint8_t format; /* enum json_format, of strings */
	bool required;
	uint8_t spare;         /* STRINGS: slots of the list to be filled later */
	uint32_t offset;       /* of the value in its struct; arrays: of the first item */
	uint32_t count_offset; /* INTEGERS, OBJECTS: of the size_t that counts them */
	uint32_t min, max;     /* lists: items */
	union {
		const char *const *choices;   /* CHOICE, SET: names, NULL at the end; EXACT: the one string */
		const struct json_type *type; /* objects: their members */
		struct {
			long long least, most;
		}; /* integers */
	};
};

struct json_type {
	size_t size; /* of the struct */
	const struct json_field *fields;
	size_t count;
};

void json_decode(char *text, size_t length, const struct json_type *type, void *into);

/* ---- json-text.c: the characters of a JSON text ----------------------------------------------------------- */

enum { JSON_DEPTH = 4 }; /* of /mounts/0/idmap/uids and the like */

struct json_reader {
	char *at;
	char *end; /* a NUL stands here */
	struct {
		const char *member; /* NULL: an item of a list */
		size_t index;
	} path[JSON_DEPTH];
	size_t depth;
	size_t slots_used;
};

void json_space(struct json_reader *r);
bool json_next(struct json_reader *r, char c);
char *json_string(struct json_reader *r);
bool json_boolean(struct json_reader *r);
long long json_integer(struct json_reader *r, long long least, long long most);
_Noreturn void json_reject(const struct json_reader *r, const char *why, const char *operand);
_Noreturn void json_refuse(const char *pointer, const char *why);
size_t json_bytes(char *digits);

/* ---- text.c: text in a buffer of its user's -------------------------------------------------------------- */

/* Text in a buffer of its user's: what the init writes to is charged to the container, so its own is small. */
struct text {
	char *bytes;
	size_t size;
	size_t length;
};

#define TEXT(name, capacity)                                                                                           \
	char name##_bytes[capacity];                                                                                   \
	struct text name = {name##_bytes, capacity, 0}

const char *text_end(struct text *text);
void text_add(struct text *text, const char *string);
void text_number(struct text *text, long long number);
void text_json(struct text *text, const char *string);
long long text_decimal(const char *text, const char **end);
size_t text_utf8_length(const char *string);

/* ---- clock.c: the controller's, in microseconds ----------------------------------------------------------- */

long long clock_now(void);
void clock_shift(long long microseconds);

/* ---- sync.c: one message out, one message in ------------------------------------------------------------- */

void sync_begin(struct text *message, const char *type);
void sync_member(struct text *message, const char *name, long long number);
bool sync_try(struct text *message);
void sync_send(struct text *message);
size_t sync_line(char *line, size_t size, const char *what);
void sync_wait(const char *type);

/* ---- what stands in a directory -------------------------------------------------------------------------- */

/* struct linux_dirent64, getdents(2) */
struct entry {
	uint64_t inode;
	int64_t next;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* ---- fail.c: report and exit ----------------------------------------------------------------------------- */

/* "what: strerror(error)", or "what" alone where error is 0, as one procError; whether it could be sent */
bool fail_report(int error, const char *pointer, const char *const *what);
void fail_release(void (*how)(const struct config *config), const struct config *config);
_Noreturn void fail_exit(int error, const char *pointer, const char *const *what);
/* with and without errno; arguments, because an array at each of the many places would make the shim larger by 8 KB */
_Noreturn void fail_errno(const char *what, ...) __attribute__((sentinel));
_Noreturn void fail_plain(const char *what, ...) __attribute__((sentinel));
#define fail(...)  fail_errno(__VA_ARGS__, NULL)
#define failx(...) fail_plain(__VA_ARGS__, NULL)

enum { REPORTED = 125, UNREPORTED = 124 }; /* how a process exits that failed */

/* ---- steps.c: THE ORDER ---------------------------------------------------------------------------------- */

_Noreturn void steps_sealed(char **argv);
void steps_starter(const char *launches, const char *stdio);
void steps_outer(const struct config *config);
_Noreturn void steps_maker(const struct config *config);
_Noreturn void steps_process_1(const struct config *config);
_Noreturn void steps_init(const struct config *config);
void steps_print(void);
const char *step_name(void);

/* ---- the steps, a noun a file ---------------------------------------------------------------------------- */

/* process.c: what belongs to the process alone */
void process_undumpable(const struct config *config);
void process_signals(const struct config *config);
void process_parent_death(const struct config *config);
void process_session(const struct config *config);
void process_keyring(const struct config *config);
void process_personality(const struct config *config);
void process_umask(const struct config *config);
void process_no_new_privileges(const struct config *config);
void process_cwd(const struct config *config);
void process_find(const struct config *config);
void process_exec(const struct config *config);

/* sealed.c: the program itself, so that no container can change it */
_Noreturn void sealed_start(char **argv);
void sealed_require(const struct config *config);

/* starter.c: one process that forks the outers of several launches */
void starter_run(const char *launches, const char *stdio);

/* fds.c: which are open, and in whom */
enum fds_owner { OUTER_ALONE, OUTER_AND_INIT };

void fds_keep(int *fd, enum fds_owner owner);
int fds_channel(void);
void fds_move_channel(int fd);
void fds_inherit(const struct config *config);
void fds_close_but(int first, const int *keep, size_t count);
void fds_close_outer(const struct config *config);
void fds_close_foreign(const struct config *config);
void fds_close_init(const struct config *config);
void fds_pair(int *one, int *other);
bool fds_await(int socket, const char *from);
void fds_send(int socket, int file, const char *what);
int fds_receive(int socket, const char *what);

/* cgroup.c: the container's directories, by fd */
void cgroup_open(const struct config *config);
int cgroup_fd(void);
void cgroup_kill(const struct config *config);
void cgroup_remove(const struct config *config);

/* device-rules.c: which device nodes may be used */
void device_rules_attach(const struct config *config);

/* namespaces.c: made */
struct namespace_kind {
	const char *name; /* as in the config */
	const char *file; /* in /proc/PID/ns */
	int flag;         /* CLONE_NEW… */
};
extern const struct namespace_kind namespace_kinds[NS_COUNT];

void namespaces_clone(const struct config *config);
void namespaces_make(const struct config *config);
pid_t namespaces_clone_sibling(const struct config *config, int cgroup);
void namespaces_cgroup(const struct config *config);

/* joiner.c: joined */
void joiner_open(const struct config *config);
void joiner_join(const struct config *config);
bool joiner_needed(void);
bool joiner_joins(enum namespace_type type);
bool joiner_is_last(const struct config *config);
void joiner_close(void);
void joiner_cgroup(const struct config *config);

/* maker.c: between the outer and the others */
bool maker_needed(const struct config *config);
pid_t maker_fork(void);
void maker_process_1(const struct config *config);
void maker_init(const struct config *config);
void maker_wait(const struct config *config);

/* user-namespace.c */
void user_namespace_prepare(const struct config *config);
void user_namespace_await(const struct config *config);
void user_namespace_mappable(const struct config *config);
void user_namespace_identity(const struct config *config);

/* kernel.c: names, clocks, loopback and parameters of new namespaces */
void kernel_time(const struct config *config);
void kernel_names(const struct config *config);
void kernel_loopback(const struct config *config);
void kernel_sysctl(const struct config *config);

/* paths.c: inside the root, by fd */
int path_open(int root, const char *path, uint64_t flags, uint64_t resolve);
int path_make_directory(int root, const char *path, mode_t mode);
int path_make_file(int root, const char *path, mode_t mode);
int path_parent(int root, const char *path, const char **name);
void path_check_own(int directory, const char *path);
bool path_is_same(int one, int other);
bool path_is_same_mount(int one, int other);
bool path_is_mount(int fd);
unsigned path_system(int fd);
struct stat;
void path_stat(int fd, struct stat *found);
bool path_is_absent(void);

/* trees.c: mounts that are not attached yet */
int tree_clone(int directory, const char *path, unsigned flags);
_Noreturn void tree_clone_failed(const char *what, const char *source);
int tree_new(const char *type, const char *source, char *const *data, uint64_t attributes, const char *on);
int tree_set(int tree, unsigned flags, uint64_t set, uint64_t clear);
int tree_idmap(int tree, unsigned flags, int user_namespace);
int tree_propagate(int tree, unsigned flags, uint64_t propagation);
int tree_attach(int tree, int on);

/* idmap.c */
int idmap_open(const char *uids, const char *gids);

/* root.c */
void root_source(const struct config *config);
void root_propagation(const struct config *config);
void root_propagate(const struct config *config, int tree, const char *path);
void root_open(const struct config *config);
bool root_is_own(void);
int root_fd(void);
void root_enter(const struct config *config);

/* sources.c: what is mounted */
bool sources_need_caller(const struct config *config);
void sources_open(const struct config *config);
void sources_make(const struct config *config);
int sources_tree(size_t i);
bool sources_hold(int directory);

/* mounts.c: where it is mounted */
void mounts_make(const struct config *config);

/* copy-up.c: what a tmpfs begins with */
void copy_up(int covered, int tmpfs);

/* masks.c */
void masks_make(const struct config *config);

/* devices.c */
void devices_open(const struct config *config);
void devices_make(const struct config *config);
int device_null(void);

/* console.c: a terminal made inside */
void console_open(const struct config *config);
void console_make(const struct config *config);
int console_fd(void);
void console_receive(const struct config *config);

/* relay.c: the outer between the terminal and the controller */
struct pollfd;
void relay_begin(int master);
void relay_resize(unsigned short height, unsigned short width);
void relay_watch(struct pollfd *terminal, struct pollfd *controller);
void relay_move(const struct pollfd *terminal, const struct pollfd *controller);
void relay_drain(const struct config *config);

/* hold.c: an init that outlives the outer */
void hold_open(const struct config *config);
bool hold_is_held(void);
int hold_answer(void);
void hold_wait(void);

/* accounts.c: /etc/passwd and /etc/group of the container */
struct account {
	char name[256];
	uid_t uid;
	gid_t gid;
	char home[4096]; /* PATH_MAX */
};

bool accounts_user(const char *name, struct account *account);
gid_t accounts_group(const char *name);
void accounts_memberships(const char *user, void (*add)(gid_t gid));

/* user.c: who the program runs as */
void user_lookup(const struct config *config);
void user_stdio(const struct config *config);
void user_switch(const struct config *config);

/* capabilities.c */
void capabilities_bounding(const struct config *config);
void capabilities_keep(const struct config *config);
void capabilities_set(const struct config *config);
void capabilities_drop(const struct config *config);

/* seccomp.c */
void seccomp_decode(const struct config *config);
void seccomp_privileged(const struct config *config);
void seccomp_load(const struct config *config);

/* full.c: which tmpfs are full at the end */
void full_look(const struct config *config);
void full_report(struct text *message);

/* forks.c: refused by their number */
void forks_open(const struct config *config);
void forks_filter(const struct config *config);
int forks_fd(void);
int forks_turn(const struct config *config, bool is_asked);
void forks_report(const struct config *config, struct text *message);

/* limits.c: those of the process */
void limits_oom_score(const struct config *config);
void limits_oom_score_back(const struct config *config);
void limits_rlimits(const struct config *config);
void limits_raise(const struct config *config);
void limits_scheduling(const struct config *config);
void limits_processors(const struct config *config);

/* proc.c: what /proc says of a process */
int proc_open(pid_t pid, const char *name, int flags);
const char *proc_stat(pid_t pid, int number, char *line, size_t size);
pid_t proc_last_pid(void);
bool proc_descends(pid_t pid, pid_t from);
bool proc_limits(pid_t pid, char *limits, size_t size);
bool proc_limit(const char *limits, const char *name, long long *soft, long long *hard);

/* child.c: the child of the outer that is watched */
struct ending {     /* of a process, as waitid(2) says it */
	int code;   /* CLD_EXITED, CLD_KILLED, CLD_DUMPED */
	int status; /* exit status, or number of the signal */
	struct rusage usage;
};

struct child {
	pid_t pid; /* the init, and then the program */
	int pidfd;
	int alive; /* init: write end, outer: read end of a pipe that nothing is written to; exec closes the one */
};
extern struct child child;

void child_signal(int number);
void child_wait(int options, struct ending *ending);

/* process-1.c: process 1 of the container, where the program shall not be it */
void process_1_open(const struct config *config);
void process_1_is(pid_t pid);
pid_t process_1_pid(void);
void process_1_kill(const struct config *config);
void process_1_reap(void);
void process_1_release(const struct config *config);
void process_1_await(const struct config *config);
void process_1_directory(const struct config *config);
void process_1_signals(const struct config *config);
void process_1_wait(const struct config *config);
void process_1_forget(const struct config *config);
void process_1_filter(const struct config *config);
void process_1_close(const struct config *config);
void process_1_serve(const struct config *config);

/* exit.c: how the init became the program, and how that ended */
bool exit_has_execed(void);
void exit_report_started(void);
void exit_report(const struct config *config, const struct ending *ending);
void exit_report_lost(const struct config *config, const struct ending *ending);

/* init.c: where the init waits for the controller */
void init_wait_setup(const struct config *config);
void init_mounted(const struct config *config);
void init_ready(const struct config *config);

/* watch.c: what the outer does while the init lives, and then the program */
void watch_wait_create(const struct config *config);
void watch_created(const struct config *config);
void watch_container(const struct config *config);
void watch_release(const struct config *config);

#endif
