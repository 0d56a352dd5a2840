/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tmpfs of the container are full when its program has ended: seen through process 1, which is in the container's
 * mounts and still there. Nothing may be waited for: a file system that the program has mounted might never answer.
 */

#include "shim.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20 /* Linux 5.12 */
#endif
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000
#endif

static bool full[MOUNTS_MAX]; /* as in the config */

/* Of the mount with that number; by its line in /proc/PID/mountinfo, because statfs(2) would ask the file system. */
static bool is_tmpfs(pid_t pid, unsigned long long number)
{
	char text[8192];
	size_t kept = 0;
	ssize_t length;
	bool found = false;
	const int file = proc_open(pid, "/mountinfo", O_RDONLY);

	while (file >= 0 && !found && (length = read(file, text + kept, sizeof(text) - 1 - kept)) > 0) {
		char *line = text;

		text[kept + (size_t)length] = '\0';
		for (char *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			found |= (unsigned long long)text_decimal(line, NULL) == number && strstr(line, " - tmpfs ");
		}
		kept = strlen(line);
		memmove(text, line, kept);
	}
	if (file >= 0)
		close(file);
	return found;
}

static bool is_full(pid_t pid, int root, const char *path)
{
	const int file = path_open(root, path, O_PATH, RESOLVE_CACHED);
	struct statx found;
	struct statfs space;
	bool is = false;

	if (file < 0)
		return false;
	if (syscall(SYS_statx, file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &found) == 0 &&
		found.stx_mask & STATX_MNT_ID && is_tmpfs(pid, found.stx_mnt_id) && fstatfs(file, &space) == 0)
		is = (space.f_blocks > 0 && space.f_bavail == 0) || (space.f_files > 0 && space.f_ffree == 0);
	close(file);
	return is;
}

static bool has_limit(const struct mount *mount)
{
	for (size_t i = 0; i < mount->data.count; i++)
		if (strncmp(mount->data.list[i], "size=", 5) == 0 ||
			strncmp(mount->data.list[i], "nr_inodes=", 10) == 0)
			return strcmp(mount->type, "tmpfs") == 0;
	return false;
}

/* Nothing where the program is process 1 itself, or its mounts may not be looked at. */
void full_look(const struct config *config)
{
	const pid_t pid = process_1_pid();
	int root = -1;

	for (size_t i = 0; pid > 0 && i < config->mounts_count; i++) {
		if (!has_limit(&config->mounts[i]))
			continue;
		if (root < 0)
			root = proc_open(pid, "/root", O_PATH | O_DIRECTORY);
		full[i] = root >= 0 && is_full(pid, root, config->mounts[i].destination);
	}
	if (root >= 0)
		close(root);
}

/* Their places in the config. */
void full_report(struct text *message)
{
	const char *before = ",\"full\":[", *after = "";

	for (size_t i = 0; i < MOUNTS_MAX; i++) {
		if (!full[i])
			continue;
		text_add(message, before);
		text_number(message, (long long)i);
		before = ",";
		after = "]";
	}
	text_add(message, after);
}
