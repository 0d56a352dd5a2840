/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procready-shim: the table of contents. The theory of operation is in README.md.
 *
 * Two processes run this program. The *outer* stays outside the container and is the parent of the *init*, which
 * does every step inside and becomes the user's program. Both speak NDJSON on fd 3 (../schema/README.md).
 */
#ifndef PROCREADY_SHIM_H
#define PROCREADY_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	CHANNEL = 3,          /* the inherited end of the controller's socket pair */
	CONFIG_MAX = 4 << 20, /* bytes of a config line, its newline included */
	MESSAGE_MAX = 4096,   /* bytes of any other message: PIPE_BUF, so that one write is one message */
	ARGS_MAX = 32768,     /* items of args, and of env */
	MOUNTS_MAX = 64,
	CGROUPS_MAX = 16, /* cgroup directories of a container */
};

/* ---- config.c: the init config, schema/init-config.schema.json ------------------------------------------- */

enum namespace_type { NS_CGROUP, NS_IPC, NS_MOUNT, NS_PID, NS_UTS, NS_COUNT };
enum propagation { PROPAGATION_PRIVATE, PROPAGATION_SLAVE, PROPAGATION_SHARED, PROPAGATION_UNBINDABLE };
enum mount_type { MOUNT_PROC };

struct strings {
	char **list; /* ends with NULL, as execve(2) wants it */
	size_t count;
};

struct namespace
{
	int type; /* enum namespace_type */
};

struct mount {
	char *destination;
	int type; /* enum mount_type */
	struct strings options;
};

struct config {
	char *version;
	int init_type;
	struct strings args;
	struct strings env;
	char *cwd;
	struct namespace namespaces[NS_COUNT];
	size_t namespaces_count;
	int rootfs_propagation; /* enum propagation */
	struct mount mounts[MOUNTS_MAX];
	size_t mounts_count;
	struct {
		char *path;                 /* v2: the init is cloned into it; NULL: the controller moves it */
		struct strings directories; /* the container's own */
		struct strings bases;       /* where they stand */
	} cgroup;
};

const struct config *config_read(void);
void config_decode(char *text, size_t length, struct config *config);
bool config_has_namespace(const struct config *config, enum namespace_type type);

/* ---- json.c: strict decoding of one JSON text into one struct -------------------------------------------- */

enum json_kind { JSON_STRING, JSON_CHOICE, JSON_STRINGS, JSON_OBJECT, JSON_OBJECTS };
enum json_format { TEXT, NON_EMPTY, ABSOLUTE_PATH, KEY_VALUE, EXACT };

struct json_type;

struct json_field {
	const char *name;
	enum json_kind kind;
	bool required;
	size_t offset;                /* of the value in its struct; lists of objects: of the first one */
	enum json_format format;      /* strings */
	const char *const *choices;   /* JSON_CHOICE: names, NULL at the end; EXACT: the one string */
	const struct json_type *type; /* objects: their members */
	size_t min, max;              /* lists: items */
	size_t count_offset;          /* JSON_OBJECTS: of the size_t that counts them */
};

struct json_type {
	size_t size; /* of the struct */
	const struct json_field *fields;
	size_t count;
};

void json_decode(char *text, size_t length, const struct json_type *type, void *into);
_Noreturn void json_refuse(const char *member, size_t index, const char *why);

/* ---- sync.c: one message out, one message in ------------------------------------------------------------- */

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
size_t text_utf8_length(const char *string);

void sync_begin(struct text *message, const char *type);
void sync_member(struct text *message, const char *name, long long number);
void sync_send(struct text *message);
size_t sync_line(char *line, size_t size, const char *what);
void sync_wait(const char *type);
bool sync_is_closed(void);

/* ---- fail.c: report and exit ----------------------------------------------------------------------------- */

/* "what: strerror(error)", or "what" alone where error is 0, as one procError */
void fail_report(int error, const char *pointer, const char *const *what);
_Noreturn void fail_exit(int error, const char *pointer, const char *const *what);
#define fail(...)  fail_exit(errno, NULL, (const char *const[]){__VA_ARGS__, NULL})
#define failx(...) fail_exit(0, NULL, (const char *const[]){__VA_ARGS__, NULL})

/* ---- steps.c: THE ORDER ---------------------------------------------------------------------------------- */

void steps_outer(const struct config *config);
_Noreturn void steps_init(const struct config *config);
void steps_print(void);
const char *step_name(void);

/* ---- the steps, a noun a file ---------------------------------------------------------------------------- */

/* process.c: what belongs to the process alone */
void process_undumpable(const struct config *config);
void process_signals(const struct config *config);
void process_parent_death(const struct config *config);
void process_session(const struct config *config);
void process_close_stdio(const struct config *config);
void process_close_fds(const struct config *config);
void process_cwd(const struct config *config);
void process_exec(const struct config *config);

/* cgroup.c: the container's directories, by fd */
void cgroup_open(const struct config *config);
int cgroup_fd(void);
void cgroup_kill(void);
void cgroup_remove(const struct config *config);

/* namespaces.c */
void namespaces_clone(const struct config *config);
void namespaces_cgroup(const struct config *config);

/* mounts.c */
void mounts_propagation(const struct config *config);
void mounts_make(const struct config *config);

/* reaper.c: what the outer does while the init lives */
struct child {
	pid_t pid;
	int pidfd;
	int alive; /* init: write end, outer: read end of a pipe that nothing is written to; exec closes the one */
};
extern struct child child;

void reaper_wait_create(const struct config *config);
void reaper_created(const struct config *config);
void reaper_watch(const struct config *config);
void init_wait_setup(const struct config *config);
void init_ready(const struct config *config);

#endif
