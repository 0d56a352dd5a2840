/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts that are not attached yet: the calls for them, and their errors in words. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORD_MAX = 256 }; /* bytes that fsconfig(2) takes, with the NUL */

/* A copy of what is mounted there. Returns -1 with errno; see tree_clone_failed(). */
int tree_clone(int directory, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

_Noreturn void tree_clone_failed(const char *what, const char *source)
{
	switch (errno) {
	case EINVAL:
		fail(what, source,
			": it is unbindable, or a user namespace may only bind it with what is mounted below it");
	case EPERM:
		fail(what, source, ": needs CAP_SYS_ADMIN");
	default:
		fail(what, source);
	}
}

int tree_attach(int tree, int on)
{
	return (int)syscall(SYS_move_mount, tree, "", on, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* flags: AT_RECURSIVE, or 0; attributes: MOUNT_ATTR_… */
int tree_set(int tree, unsigned flags, uint64_t set, uint64_t clear)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

	return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr));
}

int tree_idmap(int tree, unsigned flags, int user_namespace)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};

	return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr));
}

/* propagation: MS_PRIVATE … */
int tree_propagate(int tree, unsigned flags, uint64_t propagation)
{
	struct mount_attr attr = {.propagation = propagation};

	return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr));
}

/* What the errno does not tell. */
static const char *new_hint(const char *type)
{
	static const struct {
		int error;
		const char *type, *hint;
	} hints[] = {
		{EPERM, "sysfs", ": in a user namespace it needs a network namespace of its own; or bind the host's"},
		{EPERM, "proc",
			": in a user namespace it needs a pid namespace of its own, and a /proc of the caller "
			"that nothing is mounted on"},
		{EPERM, "mqueue", ": in a user namespace it needs an ipc namespace of its own"},
		{EPERM, NULL, ": not in a user namespace"},
		{EINVAL, "devpts", ": its gid must be mapped in the user namespace"},
		{ENODEV, NULL, ": a file system that /proc/filesystems does not name"},
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (hints[i].error == errno && (!hints[i].type || strcmp(hints[i].type, type) == 0))
			return hints[i].hint;
	return "";
}

/* The kernel may have said why: "e tmpfs: Bad value for 'size'". */
static _Noreturn void new_failed(int context, const char *type, const char *on)
{
	int error = errno;
	char said[256] = "";
	ssize_t length = read(context, said, sizeof(said) - 1);

	errno = error;
	if (length <= 2)
		fail("mount ", type, " on ", on, new_hint(type));
	said[length - (said[length - 1] == '\n')] = '\0';
	fail("mount ", type, " on ", on, ": ", said + 2);
}

/* KEY or KEY=VALUE */
static int configure(int context, const char *option, const char *on)
{
	const char *value = strchrnul(option, '=');
	char key[WORD_MAX];

	if ((size_t)(value - option) >= WORD_MAX || strlen(value) > WORD_MAX)
		failx("mount on ", on, ": the kernel takes options of at most 255 bytes: ", option);
	memcpy(key, option, (size_t)(value - option));
	key[value - option] = '\0';
	if (!*value)
		return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, key, NULL, 0);
	return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value + 1, 0);
}

/* A new file system; attributes are MOUNT_ATTR_…, and `on` is for the error. Does not return without. */
int tree_new(const char *type, const char *source, char *const *data, uint64_t attributes, const char *on)
{
	int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), tree;

	if (context < 0)
		fail("mount ", type, " on ", on, new_hint(type));
	if (source && syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		new_failed(context, type, on);
	for (; data && *data; data++)
		if (configure(context, *data, on) < 0)
			new_failed(context, type, on);
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		new_failed(context, type, on);
	tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
	if (tree < 0)
		new_failed(context, type, on);
	close(context);
	return tree;
}
