/* SPDX-License-Identifier: Apache-2.0 */
/* Device nodes and links of the container, and the nodes of the host. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int host = -1; /* its /dev */

void devices_open(const struct config *config)
{
	if (!config->devices_count && !config->masked_paths.count)
		return;
	host = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host < 0)
		fail("open /dev");
}

static mode_t type_of(const struct device *device)
{
	static const mode_t types[] = {
		[DEVICE_BLOCK] = S_IFBLK,
		[DEVICE_CHARACTER] = S_IFCHR,
		[DEVICE_FIFO] = S_IFIFO,
	};

	return types[device->type];
}

static dev_t number_of(const struct device *device)
{
	if (device->type == DEVICE_FIFO)
		return 0;
	return makedev((unsigned)device->major.value, (unsigned)device->minor.value);
}

static bool is_device(int fd, mode_t type, dev_t number)
{
	struct stat found;

	path_stat(fd, &found);
	return (found.st_mode & S_IFMT) == type && (type == S_IFIFO || found.st_rdev == number);
}

/* -1: nothing is there */
static int open_host(const char *name)
{
	int node = openat(host, name, O_PATH | O_CLOEXEC);

	if (node < 0 && !path_is_absent())
		fail("open /dev/", name, " of the host");
	return node;
}

/* The host's, to be bound; the caller closes it. */
int device_null(void)
{
	int null = open_host("null");

	if (null < 0 || !is_device(null, S_IFCHR, makedev(1, 3)))
		failx("/dev/null of the host is not character device 1:3");
	return null;
}

static bool is_empty_file(int fd)
{
	struct stat found;

	path_stat(fd, &found);
	return S_ISREG(found.st_mode) && found.st_size == 0;
}

/* In a user namespace, and where a cgroup forbids it, no node can be made; that of the host can be bound. */
static void bind_host(const struct device *device, int on)
{
	const char *path = device->path;
	int node = strncmp(path, "/dev/", 5) == 0 ? open_host(path + 5) : -1;
	int tree;

	if (node < 0 || !is_device(node, type_of(device), number_of(device)))
		failx("mknod ", path, ": not permitted, and the host has no such device there that could be bound");
	tree = tree_clone(node, "", AT_EMPTY_PATH);
	if (tree < 0)
		tree_clone_failed("bind the host's ", path);
	if (tree_attach(tree, on) < 0)
		fail("move_mount the host's ", path);
	close(tree);
	close(node);
}

/* -1: nothing is there */
static int open_node(int parent, const char *name, const char *path)
{
	int node = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (node < 0 && errno != ENOENT)
		fail("open ", path);
	return node;
}

/* Returns false where the kernel does not permit it. */
static bool make_node(const struct device *device, int parent, const char *name)
{
	mode_t mode = device->file_mode.given ? (mode_t)device->file_mode.value : 0666;
	mode_t mask = umask(0);
	int made = mknodat(parent, name, type_of(device) | mode, number_of(device));
	int node;

	umask(mask);
	if (made < 0 && errno == EPERM)
		return false;
	if (made < 0)
		fail("mknod ", device->path);
	node = open_node(parent, name, device->path);
	if (node < 0 || !is_device(node, type_of(device), number_of(device)))
		failx("mknod ", device->path, ": somebody else changed it meanwhile");
	if (fchownat(node, "", (uid_t)device->uid.value, (gid_t)device->gid.value, AT_EMPTY_PATH) < 0)
		fail("chown ", device->path);
	close(node);
	return true;
}

static void make_device(const struct device *device)
{
	const char *path = device->path, *name;
	int parent = path_parent(root_fd(), path, &name);
	int node = open_node(parent, name, path);

	if (node >= 0 && is_device(node, type_of(device), number_of(device))) {
		close(node);
		close(parent);
		return;
	}
	/* an empty file is what a bind was made on, when the same root file system was used before */
	if (node >= 0 && !is_empty_file(node))
		failx("mknod ", path, ": something else is there");
	if (node < 0) {
		path_check_own(parent, path);
		if (!make_node(device, parent, name))
			node = path_make_file(root_fd(), path, 0644);
	}
	if (node >= 0) {
		bind_host(device, node);
		close(node);
	}
	close(parent);
}

static void make_link(const struct link *link)
{
	const char *name;
	int parent = path_parent(root_fd(), link->path, &name);
	struct stat found;

	if (fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			fail("symlink ", link->path);
		path_check_own(parent, link->path);
		if (symlinkat(link->target, parent, name) < 0 && errno != EEXIST)
			fail("symlink ", link->path);
	}
	close(parent);
}

void devices_make(const struct config *config)
{
	for (size_t i = 0; i < config->devices_count; i++)
		make_device(&config->devices[i]);
	for (size_t i = 0; i < config->links_count; i++)
		make_link(&config->links[i]);
}
