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

static int open_of(pid_t pid, const char *name, int flags)
{
	int file = proc_open(pid, name, flags);

	if (file < 0)
		fail("open /proc/PID", name);
	return file;
}

static void write_map(pid_t pid, const char *name, const char *lines)
{
	int file = open_of(pid, name, O_WRONLY);

	if (write(file, lines, strlen(lines)) < 0) {
		if (errno == EINVAL)
			failx("write /proc/PID", name, ": not the lines of a map: ", lines);
		fail("write /proc/PID", name);
	}
	close(file);
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
	namespace = open_of(pid, "/ns/user", O_RDONLY);
	kill(pid, SIGKILL); /* also where somebody has stopped it */
	close(hold[1]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return namespace;
}
