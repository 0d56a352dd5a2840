/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program itself, so that no container can change it (CVE-2019-5736): whoever finds it behind /proc/PID/exe could
 * write to the file that the host starts next time. So it starts again from a copy in memory that nobody can write to.
 * The copy is charged to the cgroup of who makes it, not to the container.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int open_self(void)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (self < 0)
		fail("open /proc/self/exe");
	return self;
}

static int make_copy(void)
{
	int copy = memfd_create("procready-shim", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (copy < 0 && errno == EINVAL) /* Linux before 6.3 has no such flag, and every copy can be executed */
		copy = memfd_create("procready-shim", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		fail("memfd_create");
	return copy;
}

static void fill(int copy, int self)
{
	struct stat status;

	if (fstat(self, &status) < 0)
		fail("fstat /proc/self/exe");
	for (off_t left = status.st_size; left > 0;) {
		ssize_t sent = sendfile(copy, self, NULL, (size_t)left);

		if (sent < 0)
			fail("sendfile /proc/self/exe");
		if (sent == 0)
			failx("/proc/self/exe became shorter");
		left -= sent;
	}
	if (fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		fail("fcntl F_ADD_SEALS");
}

_Noreturn void sealed_start(char **argv)
{
	static char name[] = "procready-shim";
	char *const no_environment[] = {NULL};
	int self = open_self();
	int copy = make_copy();

	fill(copy, self);
	argv[1] = name; /* in the place of --sealed; where the file lies is nobody's business inside */
	syscall(SYS_execveat, copy, "", argv + 1, no_environment, AT_EMPTY_PATH);
	fail("execveat the sealed copy");
}

void sealed_require(const struct config *config)
{
	int self, seals;

	if (!config->process_1 && !config->root.given && config->init_type != INIT_SETNS)
		return; /* nothing of the shim is inside, but the files of the host are, and whatever may be done to
			   them */
	self = open_self();
	seals = fcntl(self, F_GET_SEALS);
	if (seals < 0 && errno != EINVAL) /* which files have that are in no memory */
		fail("fcntl F_GET_SEALS");
	close(self);
	if (seals < 0 || (seals & SEALS) != SEALS)
		failx("the container could change the file of the shim: start it with --sealed");
	prctl(PR_SET_NAME, "procready-shim"); /* the kernel took it from the number of a file descriptor */
}
