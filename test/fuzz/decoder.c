/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libFuzzer harness for what the shim does with bytes from outside: json.c, config.c and the text functions of
 * sync.c. Whatever comes, a text is refused by fail_exit() or gives a config that the steps can rely on.
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

/* A reading of UTF-8 of its own: that of sync.c is what is tried here. */
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

static void check_strings(const struct buffer *buffer, const struct strings *strings, size_t max)
{
	must(strings->count <= max);
	for (size_t i = 0; i < strings->count; i++)
		check_string(buffer, strings->list[i]);
	must(strings->list[strings->count] == NULL);
}

static void check_paths(const struct buffer *buffer, const struct strings *paths)
{
	check_strings(buffer, paths, CGROUPS_MAX);
	for (size_t i = 0; i < paths->count; i++)
		must(*paths->list[i] == '/');
}

static void check_mount(const struct buffer *buffer, const struct mount *mount)
{
	check_string(buffer, mount->destination);
	must(*mount->destination == '/' && mount->type == MOUNT_PROC);
	if (mount->options.list)
		check_strings(buffer, &mount->options, 16);
	else
		must(mount->options.count == 0);
}

static void check(const struct buffer *buffer, const struct config *config)
{
	check_string(buffer, config->version);
	must(strcmp(config->version, VERSION) == 0);
	must(config->init_type == 0);
	check_strings(buffer, &config->args, ARGS_MAX);
	must(config->args.count > 0);
	check_strings(buffer, &config->env, ARGS_MAX);
	for (size_t i = 0; i < config->env.count; i++)
		must(*config->env.list[i] != '=' && strchr(config->env.list[i], '='));
	check_string(buffer, config->cwd);
	must(*config->cwd == '/');
	must(config->namespaces_count <= NS_COUNT);
	for (size_t i = 0; i < config->namespaces_count; i++)
		must(config->namespaces[i].type >= 0 && config->namespaces[i].type < NS_COUNT);
	must(config->rootfs_propagation >= PROPAGATION_PRIVATE && config->rootfs_propagation <= PROPAGATION_UNBINDABLE);
	must(config->mounts_count <= MOUNTS_MAX);
	must(config->mounts_count == 0 || config_has_namespace(config, NS_MOUNT));
	for (size_t i = 0; i < config->mounts_count; i++)
		check_mount(buffer, &config->mounts[i]);
	if (config->cgroup.path) {
		check_string(buffer, config->cgroup.path);
		must(*config->cgroup.path == '/');
	}
	check_paths(buffer, &config->cgroup.directories);
	check_paths(buffer, &config->cgroup.bases);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A buffer of exactly the size, so that the sanitizer sees the first byte read or written beyond. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct config *config = calloc(1, sizeof(*config));

	must(text && config);
	memcpy(text, data, size);
	if (setjmp(refused) == 0) {
		config_decode(text, size, config);
		check(&(struct buffer){.start = text, .end = text + size}, config);
	}
	free(config);
	free(text);
	return 0;
}
