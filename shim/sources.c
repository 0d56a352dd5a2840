/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is mounted, before it is attached. All of it is opened or made before any path of the container is followed,
 * so that paths of the host lead where the caller sees them.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static int trees[MOUNTS_MAX]; /* 0: none there yet, for that is stdin */

/* What relatime, noatime and strictatime have in common is one number in the attributes, not a bit each. */
static const unsigned attribute[ATTR_COUNT] = {
	[ATTR_RO] = MOUNT_ATTR_RDONLY,
	[ATTR_NOSUID] = MOUNT_ATTR_NOSUID,
	[ATTR_NODEV] = MOUNT_ATTR_NODEV,
	[ATTR_NOEXEC] = MOUNT_ATTR_NOEXEC,
	[ATTR_NODIRATIME] = MOUNT_ATTR_NODIRATIME,
	[ATTR_NOSYMFOLLOW] = MOUNT_ATTR_NOSYMFOLLOW,
	[ATTR_RELATIME] = MOUNT_ATTR_RELATIME,
	[ATTR_NOATIME] = MOUNT_ATTR_NOATIME,
	[ATTR_STRICTATIME] = MOUNT_ATTR_STRICTATIME,
};
enum { ATIMES = 1 << ATTR_RELATIME | 1 << ATTR_NOATIME | 1 << ATTR_STRICTATIME };

static uint64_t attributes(uint64_t names)
{
	uint64_t bits = 0;

	for (int i = 0; i < ATTR_COUNT; i++)
		if (names & 1ULL << i)
			bits |= attribute[i];
	return bits;
}

static void change(int tree, const struct mount *mount, unsigned flags, uint64_t set, uint64_t clear)
{
	uint64_t cleared = attributes(clear & ~(uint64_t)ATIMES);

	if ((set | clear) & ATIMES)
		cleared |= MOUNT_ATTR__ATIME;
	if (!(set | clear) || tree_set(tree, flags, attributes(set), cleared) == 0)
		return;
	if (errno == EPERM)
		fail("mount_setattr of ", mount->source, " for ", mount->destination,
			": what the host has set is locked in a user namespace");
	fail("mount_setattr of ", mount->source, " for ", mount->destination);
}

static bool is_bind(const struct mount *mount)
{
	if (strcmp(mount->type, "bind") != 0)
		return false;
	if (!mount->source)
		failx("mount on ", mount->destination, ": a bind needs a source");
	if (mount->data.count)
		failx("mount on ", mount->destination,
			": a bind does not take options of a file system: ", mount->data.list[0]);
	return true;
}

static int bind_source(const struct mount *mount)
{
	return tree_clone(AT_FDCWD, mount->source, mount->recursive ? AT_RECURSIVE : 0);
}

/* Needs the rights of the host's root: the file system belongs to the host's user namespace. */
static void map_ids(int tree, const struct mount *mount)
{
	int namespace = idmap_open(mount->idmap.uids, mount->idmap.gids);

	if (tree_idmap(tree, mount->idmap.recursive ? AT_RECURSIVE : 0, namespace) < 0)
		fail("mount_setattr MOUNT_ATTR_IDMAP of ", mount->source,
			errno == EINVAL  ? ": its file system cannot do it"
			: errno == EPERM ? ": needs the root of the host, and a source that is not idmapped already"
					 : "");
	close(namespace);
}

/* The id that the init has in a user namespace may not be allowed to see what the caller sees. */
bool sources_need_caller(const struct config *config)
{
	return config_makes_namespace(config, NS_USER) || config_joins_namespace(config, NS_USER);
}

/* In the outer. A caller without root may not do it: then the init does. */
void sources_open(const struct config *config)
{
	for (size_t i = 0; i < config->mounts_count; i++) {
		const struct mount *mount = &config->mounts[i];
		int tree;

		if (mount->idmap.given && !is_bind(mount))
			failx("mount on ", mount->destination, ": only a bind can be idmapped");
		if (!mount->idmap.given && !(is_bind(mount) && sources_need_caller(config)))
			continue;
		tree = bind_source(mount);
		if (tree < 0 && (errno != EPERM || mount->idmap.given))
			tree_clone_failed("bind ", mount->source);
		if (tree < 0)
			continue;
		root_propagate(config, tree, mount->source);
		if (mount->idmap.given)
			map_ids(tree, mount);
		trees[i] = tree;
	}
}

/* In the init. */
void sources_make(const struct config *config)
{
	for (size_t i = 0; i < config->mounts_count; i++) {
		const struct mount *mount = &config->mounts[i];
		int tree = sources_tree(i);

		if (!is_bind(mount)) {
			trees[i] = tree_new(mount->type, mount->source, mount->data.list,
				attributes(mount->set | mount->set_recursive), mount->destination);
			continue;
		}
		if (tree < 0)
			tree = bind_source(mount);
		if (tree < 0 && errno == EINVAL && mount->replace)
			continue; /* what is mounted below it is locked, and so is what it would replace */
		if (tree < 0)
			tree_clone_failed("bind ", mount->source);
		change(tree, mount, AT_RECURSIVE, mount->set_recursive, mount->clear_recursive);
		change(tree, mount, 0, mount->set, mount->clear);
		trees[i] = tree;
	}
}

/* Of config->mounts[i]; -1: it is left out. */
int sources_tree(size_t i)
{
	return trees[i] > 0 ? trees[i] : -1;
}

/* Whether the directory is in a mount of ours. */
bool sources_hold(int directory)
{
	for (size_t i = 0; i < MOUNTS_MAX; i++)
		if (trees[i] > 0 && path_is_same_mount(directory, trees[i]))
			return true;
	return false;
}
