/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc/PID/stat says of a process, proc_pid_stat(5). */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * The field of that number, from 3 on, in the buffer, which is to be that of one line; NULL where there is no such
 * process. The name before it, field 2, may hold anything.
 */
const char *proc_stat(pid_t pid, int number, char *line, size_t size)
{
	TEXT(path, 40);
	ssize_t length;
	const char *field;
	int file;

	text_add(&path, "/proc/");
	text_number(&path, pid);
	text_add(&path, "/stat");
	file = open(text_end(&path), O_RDONLY | O_CLOEXEC);
	length = file < 0 ? -1 : read(file, line, size - 1);
	if (length < 0 && (errno == ENOENT || errno == ESRCH))
		return NULL;
	if (length < 0)
		fail("read ", path.bytes);
	close(file);
	line[length] = '\0';
	field = strrchr(line, ')');
	for (int at = 2; field && at < number; at++)
		field = strchr(field + 1, ' ');
	if (!field)
		failx("a field is missing in ", path.bytes);
	return field + 1;
}
