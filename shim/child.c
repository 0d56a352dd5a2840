/* SPDX-License-Identifier: Apache-2.0 */
/* The child of the outer that is watched: the init, which becomes the program. */

#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct child child = {.pidfd = -1, .alive = -1};

/*
 * Nothing where there is no child. Until it is reaped, at the very end, its pid is its own. A set-user-ID program may
 * be somebody else's (EPERM).
 */
void child_signal(int number)
{
	if (child.pid > 0 && kill(child.pid, number) < 0 && errno != EPERM) {
		child.pid = 0; /* not waited for: it dies with this process */
		fail("kill the init");
	}
}

/* libc's waitid() has no rusage */
void child_wait(int options, struct ending *ending)
{
	siginfo_t info;

	while (syscall(SYS_waitid, P_PID, child.pid, &info, WEXITED | options, &ending->usage) < 0)
		if (errno != EINTR)
			fail("waitid");
	ending->code = info.si_code;
	ending->status = info.si_status;
}
