/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libFuzzer harness for what the shim does with bytes from outside: json.c, json-text.c, config.c and the text
 * functions of text.c. Whatever comes, a text is refused by fail_exit() or gives a config that the steps can rely on.
 */

#include "../../shim/shim.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf refused;

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* A reading of UTF-8 of its own: that of text.c is what is tried here. */
static void must_be_text(const char *string)
{
	static const unsigned least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)string;

	while (*s) {
		unsigned code = *s++;
		unsigned more = code < 0x80 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;

		must(more == 0 || (code >= 0xc0 && code < 0xf8));
		code &= more ? 0x3fU >> more : 0x7fU;
		for (unsigned i = 0; i < more; i++) {
			must((*s & 0xc0) == 0x80);
			code = code << 6 | (*s++ & 0x3fU);
		}
		must(code >= least[more] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff));
	}
}

/* In place of that of fail.c: the message is made, within its bounds, and not sent. */
_Noreturn void fail_exit(int error, const char *pointer, const char *const *what)
{
	TEXT(message, MESSAGE_MAX);

	must(error == 0 && pointer && (*pointer == '\0' || *pointer == '/'));
	text_json(&message, pointer);
	for (; *what; what++)
		text_json(&message, *what);
	must(message.length < message.size);
	must_be_text(text_end(&message));
	longjmp(refused, 1);
}

/* Of what reads the text: it is linked, and not called. */
_Noreturn void fail_errno(const char *what, ...)
{
	(void)what;
	abort();
}

_Noreturn void fail_plain(const char *what, ...)
{
	(void)what;
	abort();
}

static const uint8_t *input;
static size_t input_size;

/* In place of that of sync.c: what comes over the channel. */
size_t sync_line(char *line, size_t size, const char *what)
{
	must(input_size < size && *what);
	memcpy(line, input, input_size);
	return input_size;
}

struct buffer {
	const char *start;
	const char *end; /* of the text; a NUL stands here */
};

static void check_string(const struct buffer *buffer, const char *string)
{
	must(string >= buffer->start && string < buffer->end);
	must(memchr(string, '\0', (size_t)(buffer->end - string)) != NULL);
	must_be_text(string);
}

static void check_optional_string(const struct buffer *buffer, const char *string)
{
	if (string)
		check_string(buffer, string);
}

static void check_path(const struct buffer *buffer, const char *path)
{
	check_string(buffer, path);
	must(*path == '/');
}

/* Zero stays what it was before: a list that is not there. */
static void check_strings(const struct buffer *buffer, const struct strings *strings, size_t max)
{
	must(strings->count <= max);
	must(strings->list || strings->count == 0);
	for (size_t i = 0; i < strings->count; i++)
		check_string(buffer, strings->list[i]);
	must(!strings->list || strings->list[strings->count] == NULL);
}

static void check_paths(const struct buffer *buffer, const struct strings *paths, size_t max)
{
	check_strings(buffer, paths, max);
	for (size_t i = 0; i < paths->count; i++)
		must(*paths->list[i] == '/');
}

static void check_pairs(const struct buffer *buffer, const struct strings *pairs, size_t max)
{
	check_strings(buffer, pairs, max);
	for (size_t i = 0; i < pairs->count; i++)
		must(*pairs->list[i] != '=' && strchr(pairs->list[i], '='));
}

static void check_integer(const struct integer *integer, long long least, long long most)
{
	if (integer->given)
		must(integer->value >= least && integer->value <= most);
	else
		must(integer->value == 0);
}

static void check_integers(const long long *list, size_t count, size_t max, long long most)
{
	must(count <= max);
	for (size_t i = 0; i < count; i++)
		must(list[i] >= 0 && list[i] <= most);
	for (size_t i = count; i < max; i++)
		must(list[i] == 0);
}

static void check_choice(int choice, int least, int most)
{
	must(choice >= least && choice <= most);
}

static void check_set(uint64_t set, unsigned names)
{
	must(set >> names == 0);
}

/* An object that is not there is all zeroes; its steps may look at any member. */
static void check_absent(bool given, const void *object, size_t size)
{
	const char *bytes = object;

	for (size_t i = 0; !given && i < size; i++)
		must(bytes[i] == 0);
}

#define CHECK_ABSENT(object) check_absent((object)->given, object, sizeof(*(object)))

static const long long id_max = 4294967294;

static void check_user(const struct buffer *buffer, const struct user *user)
{
	CHECK_ABSENT(user);
	check_integer(&user->uid, 0, id_max);
	check_integer(&user->gid, 0, id_max);
	check_optional_string(buffer, user->name);
	check_optional_string(buffer, user->group);
	must(!(user->uid.given && user->name) && !(user->gid.given && user->group));
	check_integers(user->additional_gids, user->additional_gids_count, GROUPS_MAX, id_max);
	check_strings(buffer, &user->additional_groups, GROUPS_MAX);
}

static void check_instructions(const struct buffer *buffer, const char *digits)
{
	size_t length = strlen(digits);

	check_string(buffer, digits);
	must(length > 0 && length % 16 == 0 && length / 16 <= FILTER_MAX);
	must(strspn(digits, "0123456789abcdef") == length);
}

static void check_rights(const struct buffer *buffer, const struct config *config)
{
	const struct capabilities *sets = &config->capabilities;

	CHECK_ABSENT(sets);
	check_set(sets->bounding | sets->effective | sets->inheritable | sets->permitted | sets->ambient,
		CAPABILITIES_COUNT);
	CHECK_ABSENT(&config->seccomp);
	if (config->seccomp.given) {
		check_instructions(buffer, config->seccomp.filter);
		check_set(config->seccomp.flags, SECCOMP_TSYNC + 1);
	}
}

static void check_limits(const struct config *config)
{
	const struct scheduler *scheduler = &config->scheduler;

	must(config->rlimits_count <= RLIMITS_MAX);
	for (size_t i = 0; i < config->rlimits_count; i++) {
		check_choice(config->rlimits[i].type, 0, 15);
		check_integer(&config->rlimits[i].soft, -1, INTEGER_MAX);
		check_integer(&config->rlimits[i].hard, -1, INTEGER_MAX);
		must(config->rlimits[i].soft.given && config->rlimits[i].hard.given);
	}
	check_integer(&config->oom_score_adj, -1000, 1000);
	check_integer(&config->timer_slack, 1, INTEGER_MAX);
	CHECK_ABSENT(scheduler);
	check_choice(scheduler->policy, POLICY_OTHER, POLICY_DEADLINE);
	check_integer(&scheduler->nice, -20, 19);
	check_integer(&scheduler->priority, 0, 99);
	check_integer(&scheduler->runtime, 0, INTEGER_MAX);
	check_integer(&scheduler->deadline, 0, INTEGER_MAX);
	check_integer(&scheduler->period, 0, INTEGER_MAX);
	CHECK_ABSENT(&config->io_priority);
	check_choice(config->io_priority.class, IO_RT, IO_IDLE);
	check_integer(&config->io_priority.priority, 0, 7);
	check_integers(config->cpu_affinity, config->cpu_affinity_count, CPUS_MAX, CPUS_MAX - 1);
}

static void check_process(const struct buffer *buffer, const struct config *config)
{
	check_strings(buffer, &config->args, ARGS_MAX);
	must(config->args.count > 0);
	check_pairs(buffer, &config->env, ARGS_MAX);
	for (int i = 0; i <= 3; i++) /* HOME, USER and LOGNAME may take all but the last */
		must(config->env.list[config->env.count + (size_t)i] == NULL);
	check_path(buffer, config->cwd);
	check_integer(&config->umask, 0, 0777);
	check_choice(config->personality, PERSONALITY_UNCHANGED, PERSONALITY_LINUX32);
	check_integer(&config->parent_death_signal, 1, 64);
	check_integers(config->ignored_signals, config->ignored_signals_count, SIGNALS_MAX, 64);
	check_integer(&config->preserved_fds, 0, FDS_MAX);
	CHECK_ABSENT(&config->console);
	must(!config_relays_console(config) || (config->console.given && !config->console.socket));
	check_integer(&config->console.height, 0, 65535);
	check_integer(&config->console.width, 0, 65535);
	if (config->console.socket)
		check_path(buffer, config->console.socket);
}

static void check_time_offset(const struct time_offset *offset)
{
	CHECK_ABSENT(offset);
	check_integer(&offset->secs, -INTEGER_MAX, INTEGER_MAX);
	check_integer(&offset->nanosecs, 0, 999999999);
	must(offset->secs.given == offset->given && offset->nanosecs.given == offset->given);
}

static void check_namespaces(const struct buffer *buffer, const struct config *config)
{
	must(config->namespaces.given);
	for (int type = 0; type < NS_COUNT; type++) {
		const char *of = config->namespaces.of[type];

		check_optional_string(buffer, of);
		must(!of || *of == '/' || strcmp(of, "new") == 0);
		must(config_makes_namespace(config, type) + config_joins_namespace(config, type) == (of != NULL));
		must(!of || config->init_type == INIT_STANDARD);
	}
	must(config->target.given == (config->init_type == INIT_SETNS));
	CHECK_ABSENT(&config->target);
	must(config->target.pid.given == config->target.given &&
		config->target.start_time.given == config->target.given);
	check_integer(&config->target.pid, 1, 4194304);
	check_integer(&config->target.start_time, 0, INTEGER_MAX);
	must(!config->process_1 || config_makes_namespace(config, NS_PID));
	CHECK_ABSENT(&config->time_offsets);
	check_time_offset(&config->time_offsets.monotonic);
	check_time_offset(&config->time_offsets.boottime);
	must(!config->time_offsets.given || config_makes_namespace(config, NS_TIME));
	check_optional_string(buffer, config->hostname);
	check_optional_string(buffer, config->domainname);
	must(!(config->hostname || config->domainname) || config_makes_namespace(config, NS_UTS));
	check_pairs(buffer, &config->sysctl, SYSCTLS_MAX);
}

static void check_mount(const struct buffer *buffer, const struct mount *mount)
{
	check_path(buffer, mount->destination);
	check_string(buffer, mount->type);
	check_optional_string(buffer, mount->source);
	must(*mount->type && (!mount->source || *mount->source));
	check_set(mount->set | mount->clear | mount->set_recursive | mount->clear_recursive, ATTR_COUNT);
	check_choice(mount->propagation, UNCHANGED, M_RUNBINDABLE);
	check_strings(buffer, &mount->data, DATA_MAX);
	CHECK_ABSENT(&mount->idmap);
	if (!mount->idmap.given)
		return;
	check_string(buffer, mount->idmap.uids);
	check_string(buffer, mount->idmap.gids);
}

static void check_device(const struct buffer *buffer, const struct device *device)
{
	check_path(buffer, device->path);
	check_choice(device->type, DEVICE_BLOCK, DEVICE_FIFO);
	check_integer(&device->major, 0, 4095);
	check_integer(&device->minor, 0, 1048575);
	check_integer(&device->file_mode, 0, 07777);
	check_integer(&device->uid, 0, id_max);
	check_integer(&device->gid, 0, id_max);
}

static void check_files(const struct buffer *buffer, const struct config *config)
{
	size_t made = config->mounts_count + config->devices_count + config->links_count + config->masked_paths.count +
		      config->readonly_paths.count;

	check_choice(config->rootfs_propagation, PRIVATE, UNBINDABLE);
	CHECK_ABSENT(&config->root);
	if (config->root.given)
		check_path(buffer, config->root.path);
	must(config->mounts_count <= MOUNTS_MAX);
	for (size_t i = 0; i < config->mounts_count; i++)
		check_mount(buffer, &config->mounts[i]);
	must(config->devices_count <= DEVICES_MAX);
	for (size_t i = 0; i < config->devices_count; i++)
		check_device(buffer, &config->devices[i]);
	must(config->links_count <= LINKS_MAX);
	for (size_t i = 0; i < config->links_count; i++) {
		check_path(buffer, config->links[i].path);
		check_string(buffer, config->links[i].target);
	}
	check_paths(buffer, &config->masked_paths, PATHS_MAX);
	check_paths(buffer, &config->readonly_paths, PATHS_MAX);
	must(!(config->root.given || made) || config_makes_namespace(config, NS_MOUNT));
}

static void check(const struct buffer *buffer, const struct config *config)
{
	check_string(buffer, config->version);
	must(strcmp(config->version, VERSION) == 0);
	check_choice(config->init_type, INIT_STANDARD, INIT_SETNS);
	check_process(buffer, config);
	check_user(buffer, &config->user);
	check_rights(buffer, config);
	check_limits(config);
	check_namespaces(buffer, config);
	check_files(buffer, config);
	must(config->cgroup.given);
	if (config->cgroup.path)
		check_path(buffer, config->cgroup.path);
	check_paths(buffer, &config->cgroup.directories, CGROUPS_MAX);
	check_paths(buffer, &config->cgroup.bases, CGROUPS_MAX);
	if (config->cgroup.device_program)
		check_instructions(buffer, config->cgroup.device_program);
	if (config->state_file)
		check_path(buffer, config->state_file);
}

/* As the shim itself reads it; the names of what it has read. */
static void read_again(const uint8_t *data, size_t size, const struct config *decoded)
{
	struct config *config;
	const char *text;

	input = data;
	input_size = size;
	config = (struct config *)config_read();
	text = (const char *)(config + 1);
	must(config->args.count == decoded->args.count);
	if (config->seccomp.given) {
		size_t length = strlen(config->seccomp.filter);

		must(json_bytes(config->seccomp.filter) == length / 2);
	}
	for (int type = 0; type < RLIMITS_MAX; type++)
		must(config_rlimit(type) && config_rlimit(type)[0] == 'R');
	must(strcmp(config_capability(0), "CAP_CHOWN") == 0 && strcmp(config_policy(POLICY_OTHER), "SCHED_OTHER") == 0);
	config_forget();
	for (size_t i = 4096; i < size; i++)
		must(text[i] == '\0');
	memset(config, 0, sizeof(*config));
}

/* What a message does with a file's name, which is any bytes. */
static void try_text(const char *bytes)
{
	TEXT(message, MESSAGE_MAX);
	TEXT(little, 64);

	text_json(&message, bytes);
	text_json(&little, bytes);
	must(message.length < message.size && little.length < little.size);
	must_be_text(text_end(&message));
	text_end(&little);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A buffer of exactly the size, so that the sanitizer sees the first byte read or written beyond. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct config *config = calloc(1, sizeof(*config));

	must(text && config);
	memcpy(text, data, size);
	text[size] = '\0';
	try_text(text);
	if (setjmp(refused) == 0) {
		config_decode(text, size, config);
		check(&(struct buffer){.start = text, .end = text + size}, config);
		if (size % 16 == 0) /* one of many: it gives memory back to the kernel, which is slow */
			read_again(data, size, config);
	}
	free(config);
	free(text);
	return 0;
}
