/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init config: one line on the channel, decoded into one struct. The field tables follow
 * ../schema/init-config.schema.json; a contract test feeds both the same texts and compares what they say.
 */

#include "shim.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const versions[] = {VERSION, NULL};
static const char *const init_types[] = {"standard", NULL};
static const char *const namespace_types[] = {
	[NS_CGROUP] = "cgroup", [NS_IPC] = "ipc", [NS_MOUNT] = "mount", [NS_PID] = "pid", [NS_UTS] = "uts", NULL};
static const char *const propagations[] = {[PROPAGATION_PRIVATE] = "private",
	[PROPAGATION_SLAVE] = "slave",
	[PROPAGATION_SHARED] = "shared",
	[PROPAGATION_UNBINDABLE] = "unbindable",
	NULL};
static const char *const mount_types[] = {[MOUNT_PROC] = "proc", NULL};

/* clang-format off */
/* A row is: struct, member, name, whether it must be there, and what is special to its kind. */
#define STRING(in, member, label, must, what) \
	{.name = label, .kind = JSON_STRING, .required = must, .offset = offsetof(in, member), .format = what}
#define EXACTLY(in, member, label, must, names) \
	{.name = label, .kind = JSON_STRING, .required = must, .offset = offsetof(in, member), .format = EXACT, \
	 .choices = names}
#define CHOICE(in, member, label, must, names) \
	{.name = label, .kind = JSON_CHOICE, .required = must, .offset = offsetof(in, member), .choices = names}
#define STRINGS(in, member, label, must, what, least, most) \
	{.name = label, .kind = JSON_STRINGS, .required = must, .offset = offsetof(in, member), .format = what, \
	 .min = least, .max = most}
#define OBJECT(label, must, of) \
	{.name = label, .kind = JSON_OBJECT, .required = must, .type = &(of)}
#define OBJECTS(in, member, label, must, of, most) \
	{.name = label, .kind = JSON_OBJECTS, .required = must, .offset = offsetof(in, member), .type = &(of), \
	 .max = most, .count_offset = offsetof(in, member##_count)}

static const struct json_field namespace_fields[] = {
	CHOICE(struct namespace, type, "type", true, namespace_types),
};
static const struct json_type namespace_type = {sizeof(struct namespace), namespace_fields, COUNT(namespace_fields)};

static const struct json_field mount_fields[] = {
	STRING(struct mount, destination, "destination", true, ABSOLUTE_PATH),
	CHOICE(struct mount, type, "type", true, mount_types),
	STRINGS(struct mount, options, "options", false, NON_EMPTY, 0, 16),
};
static const struct json_type mount_type = {sizeof(struct mount), mount_fields, COUNT(mount_fields)};

static const struct json_field cgroup_fields[] = {
	STRING(struct config, cgroup.path, "path", false, ABSOLUTE_PATH),
	STRINGS(struct config, cgroup.directories, "directories", true, ABSOLUTE_PATH, 0, CGROUPS_MAX),
	STRINGS(struct config, cgroup.bases, "bases", true, ABSOLUTE_PATH, 0, CGROUPS_MAX),
};
static const struct json_type cgroup_type = {sizeof(struct config), cgroup_fields, COUNT(cgroup_fields)};

static const struct json_field config_fields[] = {
	EXACTLY(struct config, version, "version", true, versions),
	CHOICE(struct config, init_type, "initType", true, init_types),
	STRINGS(struct config, args, "args", true, TEXT, 1, ARGS_MAX),
	STRINGS(struct config, env, "env", true, KEY_VALUE, 0, ARGS_MAX),
	STRING(struct config, cwd, "cwd", true, ABSOLUTE_PATH),
	OBJECTS(struct config, namespaces, "namespaces", true, namespace_type, NS_COUNT),
	CHOICE(struct config, rootfs_propagation, "rootfsPropagation", true, propagations),
	OBJECTS(struct config, mounts, "mounts", false, mount_type, MOUNTS_MAX),
	OBJECT("cgroup", true, cgroup_type),
};
static const struct json_type config_type = {sizeof(struct config), config_fields, COUNT(config_fields)};
/* clang-format on */

/* *config must be zero, text[length] writable. The strings stay in the text. */
void config_decode(char *text, size_t length, struct config *config)
{
	json_decode(text, length, &config_type, config);
	for (size_t i = 1; i < config->namespaces_count; i++)
		for (size_t j = 0; j < i; j++)
			if (config->namespaces[i].type == config->namespaces[j].type)
				json_refuse("namespaces", i, "is the second of its type");
	/* without a mount namespace of its own a mount would be the host's */
	if (config->mounts_count && !config_has_namespace(config, NS_MOUNT))
		json_refuse("mounts", 0, "needs a mount namespace");
}

const struct config *config_read(void)
{
	static char text[CONFIG_MAX];
	static struct config config;

	config_decode(text, sync_line(text, sizeof(text), "the config"), &config);
	return &config;
}

bool config_has_namespace(const struct config *config, enum namespace_type type)
{
	for (size_t i = 0; i < config->namespaces_count; i++)
		if (config->namespaces[i].type == (int)type)
			return true;
	return false;
}
