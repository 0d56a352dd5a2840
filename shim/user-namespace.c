/* SPDX-License-Identifier: Apache-2.0 */
/* A user namespace: mapped from outside, and entered as its root. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int mappable[2] = {-1, -1}; /* a pipe: a byte, or its end, says that the maps can be written */

/*
 * /proc/PID/uid_map of a process that is not dumpable belongs to root, so a caller without root could not open it.
 * Where a pid namespace is joined, others may be in it who could trace the init (CVE-2016-9962); a caller who joined
 * one has root, or has it in a user namespace that is joined too.
 */
static bool may_be_mapped_by_its_owner(const struct config *config)
{
	return config_makes_namespace(config, NS_USER) && !config_joins_namespace(config, NS_PID);
}

/* In the outer, before the clone. */
void user_namespace_prepare(const struct config *config)
{
	if (may_be_mapped_by_its_owner(config) && pipe2(mappable, O_CLOEXEC) < 0)
		fail("pipe2");
}

void user_namespace_mappable(const struct config *config)
{
	if (!may_be_mapped_by_its_owner(config))
		return;
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		fail("prctl PR_SET_DUMPABLE");
	if (write(mappable[1], "", 1) != 1)
		fail("write to the outer");
	close(mappable[0]);
	close(mappable[1]);
}

/*
 * In the outer, before it says that the init is there. It waits no longer than the init or the controller lives; the
 * pipe alone would not tell, because process 1 has its other end too until the init has ended or let it go on.
 */
void user_namespace_await(const struct config *config)
{
	struct pollfd watched[] = {
		{.fd = mappable[0], .events = POLLIN},
		{.fd = fds_channel(), .events = POLLRDHUP},
		{.fd = child.pidfd, .events = POLLIN},
	};

	if (!may_be_mapped_by_its_owner(config))
		return;
	close(mappable[1]);
	while (poll(watched, 3, -1) < 0)
		if (errno != EINTR)
			fail("poll");
	close(mappable[0]);
}

static _Noreturn void identity_failed(const char *call)
{
	if (errno == EINVAL)
		fail(call, " 0: no id is mapped to 0 of the user namespace");
	fail(call, " 0");
}

void user_namespace_identity(const struct config *config)
{
	if (!config_makes_namespace(config, NS_USER) && !joiner_joins(NS_USER))
		return;
	process_undumpable(config);
	if (syscall(SYS_setgroups, 0, NULL) < 0 && errno != EPERM) /* where they are denied, user_namespaces(7) */
		fail("setgroups");
	if (syscall(SYS_setresgid, 0, 0, 0) < 0)
		identity_failed("setresgid");
	if (syscall(SYS_setresuid, 0, 0, 0) < 0)
		identity_failed("setresuid");
	process_undumpable(config);   /* a change of credentials resets it, */
	process_parent_death(config); /* and this */
}
