/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of /proc/PID say of a process, also of one that has ended and is not reaped: proc_pid_stat(5) and
 * others. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* /proc/PID and the name. Returns -1 with errno. */
int proc_open(pid_t pid, const char *name, int flags)
{
	TEXT(path, 48);

	text_add(&path, "/proc/");
	text_number(&path, pid);
	text_add(&path, name);
	return open(text_end(&path), flags | O_CLOEXEC);
}

/* As much as fits into the buffer, as a string; false where there is no such process. */
static bool read_file(pid_t pid, const char *name, char *buffer, size_t size)
{
	const int file = proc_open(pid, name, O_RDONLY);
	const ssize_t length = file < 0 ? -1 : read(file, buffer, size - 1);

	if (length < 0 && errno != ENOENT && errno != ESRCH)
		fail("read /proc/PID", name);
	if (file >= 0)
		close(file);
	if (length >= 0)
		buffer[length] = '\0';
	return length >= 0;
}

/*
 * The field of that number, from 3 on, in the buffer, which is to be that of one line; NULL where there is no such
 * process. The name before it, field 2, may hold anything.
 */
const char *proc_stat(pid_t pid, int number, char *line, size_t size)
{
	const char *field;

	if (!read_file(pid, "/stat", line, size))
		return NULL;
	field = strrchr(line, ')');
	for (int at = 2; field && at < number; at++)
		field = strchr(field + 1, ' ');
	if (!field)
		failx("a field is missing in /proc/PID/stat");
	return field + 1;
}

static long number_of(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? (long)text_decimal(at + strlen(name), NULL) : -1;
}

/* The last number that was given to a task in the pid namespace of this process, proc_loadavg(5); 0: it is not known.
 */
pid_t proc_last_pid(void)
{
	char text[128];
	const int file = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	const ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	const char *last;

	if (file >= 0)
		close(file);
	text[length > 0 ? length : 0] = '\0';
	last = strrchr(text, ' ');
	return last ? (pid_t)text_decimal(last, NULL) : 0;
}

/* Whether the task is a thread or a child of the process that a thread of that number is in; true where it is gone. */
bool proc_descends(pid_t pid, pid_t from)
{
	char status[4096], parent[4096];
	long process;

	if (!read_file(pid, "/status", status, sizeof(status)) || !read_file(from, "/status", parent, sizeof(parent)))
		return true;
	process = number_of(parent, "\nTgid:");
	return number_of(status, "\nTgid:") == process || number_of(status, "\nPPid:") == process;
}

/* The text of its limits, proc_pid_limits(5); false where there is no such process. */
bool proc_limits(pid_t pid, char *limits, size_t size)
{
	return read_file(pid, "/limits", limits, size);
}

static long long limit(const char **at)
{
	*at += strspn(*at, " ");
	if (strncmp(*at, "unlimited", 9) == 0) {
		*at += 9;
		return -1;
	}
	return text_decimal(*at, at);
}

/* The limit of that name in the text; -1 is none. False: the kernel has no such limit. */
bool proc_limit(const char *limits, const char *name, long long *soft, long long *hard)
{
	const char *at = strstr(limits, name);

	if (!at)
		return false;
	at += strlen(name);
	*soft = limit(&at);
	*hard = limit(&at);
	return true;
}
