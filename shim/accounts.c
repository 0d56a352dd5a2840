/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/passwd and /etc/group of the container, passwd(5) and group(5). Numbers are numbers and names are names
 * (CVE-2016-3697): a name is compared with the first field and nothing else, however much it looks like a number.
 * Lines may be of any length: they are taken apart while they are read.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NO_ID = -1,
	READ_MAX = 16 << 20, /* bytes of a file; one that a container made endless must not hold up its start */
};

struct file {
	const char *path;
	int fd;
	int last; /* the separator before the next field, '\n' at the end of a line, or -1 at that of the file */
	ssize_t at, length, all;
	char block[512];
};

/* The kernel makes up what is read there: without an end, by waiting for it, or by taking it away from others. */
static bool is_made_up(int fd)
{
	static const unsigned systems[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, BPF_FS_MAGIC, PSTOREFS_MAGIC};
	unsigned system = path_system(fd);

	for (size_t i = 0; i < sizeof(systems) / sizeof(*systems); i++)
		if (system == systems[i])
			return true;
	return false;
}

/*
 * False where no name is looked up and the file is not there: it is as good as an empty one. What it is is asked twice:
 * to open a device may do something, and the name may be another file's by then.
 */
static bool open_file(struct file *file, const char *path, const char *for_name)
{
	const char *what = for_name ? for_name : "the user";
	struct stat status;
	int error = stat(path, &status);

	file->path = path;
	file->fd = -1;
	file->last = '\n';
	file->at = file->length = file->all = 0;
	if (error == 0 && S_ISREG(status.st_mode))
		error = file->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (error < 0 && !for_name && path_is_absent())
		return false;
	if (error < 0)
		fail("look up ", what, ": open ", path);
	if (S_ISREG(status.st_mode))
		path_stat(file->fd, &status);
	if (!S_ISREG(status.st_mode) || is_made_up(file->fd))
		failx("look up ", what, ": ", path, " is not a regular file of an ordinary file system");
	return true;
}

static int next_character(struct file *file)
{
	if (file->at == file->length) {
		file->at = 0;
		file->length = read(file->fd, file->block, sizeof(file->block));
		if (file->length < 0)
			fail("read ", file->path);
		if (file->length == 0)
			return -1;
		file->all += file->length;
		if (file->all > READ_MAX)
			failx("read ", file->path, ": is longer than 16 MiB");
	}
	return (unsigned char)file->block[file->at++];
}

static bool next_line(struct file *file)
{
	while (file->last >= 0 && file->last != '\n')
		file->last = next_character(file);
	if (file->last < 0) {
		close(file->fd);
		return false;
	}
	file->last = ':';
	return true;
}

/* Empty when the line has no more, and also where it does not fit or holds a NUL: no name, number or directory does. */
static const char *next_field(struct file *file, char separator, char *into, size_t size)
{
	size_t length = 0;
	bool is_text = true;

	while (file->last >= 0 && file->last != '\n') {
		file->last = next_character(file);
		if (file->last < 0 || file->last == '\n' || file->last == separator)
			break;
		is_text &= file->last != '\0' && length < size - 1;
		if (is_text)
			into[length++] = (char)file->last;
	}
	into[is_text ? length : 0] = '\0';
	return into;
}

/* Digits only, and an id that can be asked for. */
static long long next_id(struct file *file)
{
	char text[16];
	const char *at = next_field(file, ':', text, sizeof(text));
	long long value = *at ? 0 : NO_ID;

	for (; *at; at++) {
		if (*at < '0' || *at > '9')
			return NO_ID;
		value = value * 10 + (*at - '0');
	}
	return value < UINT32_MAX ? value : NO_ID;
}

/* The first entry of that name, which must be there, or where it is NULL of account->uid. */
bool accounts_user(const char *name, struct account *account)
{
	struct file file;
	char ignored[1];

	if (!open_file(&file, "/etc/passwd", name))
		return false;
	while (next_line(&file)) {
		long long uid, gid;

		next_field(&file, ':', account->name, sizeof(account->name));
		next_field(&file, ':', ignored, sizeof(ignored)); /* the password */
		uid = next_id(&file);
		gid = next_id(&file);
		if (uid == NO_ID || gid == NO_ID || !*account->name ||
			(name ? strcmp(account->name, name) != 0 : (uid_t)uid != account->uid))
			continue;
		account->uid = (uid_t)uid;
		account->gid = (gid_t)gid;
		next_field(&file, ':', ignored, sizeof(ignored)); /* who it is */
		next_field(&file, ':', account->home, sizeof(account->home));
		close(file.fd);
		return true;
	}
	if (name)
		failx("user ", name, " is not in /etc/passwd");
	return false;
}

gid_t accounts_group(const char *name)
{
	struct file file;
	char text[sizeof(((struct account *)NULL)->name)];

	open_file(&file, "/etc/group", name);
	while (next_line(&file)) {
		bool is_it = strcmp(next_field(&file, ':', text, sizeof(text)), name) == 0;
		long long gid;

		next_field(&file, ':', text, 1); /* the password */
		gid = next_id(&file);
		if (!is_it || gid == NO_ID)
			continue;
		close(file.fd);
		return (gid_t)gid;
	}
	failx("group ", name, " is not in /etc/group");
}

/* Calls add with every group that lists the user. */
void accounts_memberships(const char *user, void (*add)(gid_t gid))
{
	struct file file;
	char text[sizeof(((struct account *)NULL)->name)];

	if (!open_file(&file, "/etc/group", NULL))
		return;
	while (next_line(&file)) {
		bool is_member = false;
		long long gid;

		next_field(&file, ':', text, sizeof(text));
		next_field(&file, ':', text, sizeof(text)); /* the password */
		gid = next_id(&file);
		while (file.last == ':' || file.last == ',')
			is_member |= strcmp(next_field(&file, ',', text, sizeof(text)), user) == 0;
		if (is_member && gid != NO_ID)
			add((gid_t)gid);
	}
}
