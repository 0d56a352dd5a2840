/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter, compiled by the controller: struct sock_filter in hexadecimal, as it lies in memory. */

#include "shim.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_fprog program;

void seccomp_decode(const struct config *config)
{
	char *digits = config->seccomp.filter;

	if (!config->seccomp.given)
		return;
	program.len = (unsigned short)(json_bytes(digits) / sizeof(struct sock_filter));
	program.filter = (void *)digits;
}

static void load(const struct seccomp *seccomp)
{
	static const unsigned long flag[] = {
		[SECCOMP_LOG] = SECCOMP_FILTER_FLAG_LOG,
		[SECCOMP_SPEC_ALLOW] = SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		[SECCOMP_TSYNC] = SECCOMP_FILTER_FLAG_TSYNC,
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof(flag) / sizeof(*flag); i++)
		if (seccomp->flags & 1ULL << i)
			flags |= flag[i];
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0)
		return;
	switch (errno) {
	case EACCES:
		fail("seccomp: a filter needs noNewPrivileges, or CAP_SYS_ADMIN");
	case EINVAL:
		fail("seccomp: the kernel finds the filter invalid, or does not know a flag");
	default:
		fail("seccomp");
	}
}

void seccomp_privileged(const struct config *config)
{
	if (config->seccomp.given && !config->no_new_privileges)
		load(&config->seccomp);
}

void seccomp_load(const struct config *config)
{
	if (config->seccomp.given && config->no_new_privileges)
		load(&config->seccomp);
}
