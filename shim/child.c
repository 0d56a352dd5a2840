/* SPDX-License-Identifier: Apache-2.0 */
/* The child of the outer that is watched: the init, which becomes the program. */

#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct child child = {.pidfd = -1, .alive = -1};

/* Nothing where there is no child, or it is reaped (ESRCH); a set-user-ID program may be somebody else's (EPERM). */
void child_signal(int number)
{
	if (child.pidfd >= 0 && syscall(SYS_pidfd_send_signal, child.pidfd, number, NULL, 0) < 0 && errno != ESRCH &&
		errno != EPERM)
		fail("pidfd_send_signal");
}

/* libc's waitid() has no rusage */
void child_wait(int options, struct ending *ending)
{
	siginfo_t info;

	while (syscall(SYS_waitid, P_PIDFD, child.pidfd, &info, WEXITED | options, &ending->usage) < 0)
		if (errno != EINTR)
			fail("waitid");
	ending->code = info.si_code;
	ending->status = info.si_status;
}
