/* SPDX-License-Identifier: Apache-2.0 */
/* A user namespace that nobody is in, for what its id maps say: idmapped mounts. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_map(pid_t pid, const char *name, const char *lines)
{
	TEXT(path, 64);
	int file;

	text_add(&path, "/proc/");
	text_number(&path, pid);
	text_add(&path, name);
	file = open(text_end(&path), O_WRONLY | O_CLOEXEC);
	if (file < 0)
		fail("open ", text_end(&path));
	if (write(file, lines, strlen(lines)) < 0) {
		if (errno == EINVAL)
			failx("write ", text_end(&path), ": not the lines of a map: ", lines);
		fail("write ", text_end(&path));
	}
	close(file);
}

static int open_namespace(pid_t pid)
{
	TEXT(path, 64);
	int namespace;

	text_add(&path, "/proc/");
	text_number(&path, pid);
	text_add(&path, "/ns/user");
	namespace = open(text_end(&path), O_RDONLY | O_CLOEXEC);
	if (namespace < 0)
		fail("open ", text_end(&path));
	return namespace;
}

/* Lines of uid_map and gid_map. A child makes it, waits until it is open and mapped, or until the outer is gone. */
int idmap_open(const char *uids, const char *gids)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	int hold[2], namespace;
	char byte;
	pid_t pid;

	if (pipe2(hold, O_CLOEXEC) < 0)
		fail("pipe2");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		fail("clone3 of a user namespace for id maps");
	if (pid == 0) {
		close(hold[1]);
		while (read(hold[0], &byte, 1) < 0 && errno == EINTR)
			continue;
		_exit(0);
	}
	close(hold[0]);
	write_map(pid, "/uid_map", uids);
	write_map(pid, "/gid_map", gids);
	namespace = open_namespace(pid);
	close(hold[1]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return namespace;
}
