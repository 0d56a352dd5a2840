/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors: which are open, and in whom. */

#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

void fds_close_outer(const struct config *config)
{
	(void)config;
	for (int fd = 0; fd < CHANNEL; fd++)
		close(fd);
}

void fds_close_init(const struct config *config)
{
	(void)config;
	if (syscall(SYS_close_range, CHANNEL, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		fail("close_range");
}
