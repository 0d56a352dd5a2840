/* SPDX-License-Identifier: Apache-2.0 */
/* The child of the outer: the init, which becomes the program, or process 1 before it. */

#include "shim.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct child child = {.pidfd = -1, .alive = -1};

/* Nothing where there is no child. */
void child_signal(int number)
{
	if (child.pidfd >= 0)
		syscall(SYS_pidfd_send_signal, child.pidfd, number, NULL, 0);
}

void child_wait(int options, struct ending *ending)
{
	exit_wait(P_PIDFD, child.pidfd, options, ending);
}
