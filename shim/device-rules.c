/* SPDX-License-Identifier: Apache-2.0 */
/* Which device nodes the container may use, on cgroup v2: a program that the kernel asks at each access. */

#include "shim.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(char *hexadecimal)
{
	union bpf_attr attr = {0};
	int program;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insn_cnt = (unsigned)(json_bytes(hexadecimal) / sizeof(struct bpf_insn));
	attr.insns = (uintptr_t)hexadecimal;
	attr.license = (uintptr_t) "Apache-2.0";
	program = bpf(BPF_PROG_LOAD, &attr);
	if (program >= 0)
		return program;
	switch (errno) {
	case EPERM:
		fail("device rules: on cgroup v2 they need CAP_BPF and CAP_SYS_ADMIN");
	case ENOSYS:
		fail("device rules: this kernel has no bpf(2) (CONFIG_BPF_SYSCALL, CONFIG_CGROUP_BPF)");
	default:
		fail("bpf BPF_PROG_LOAD of the device rules");
	}
}

/* The rules of the cgroups above hold as well: an access is allowed when every program allows it. */
void device_rules_attach(const struct config *config)
{
	union bpf_attr attr = {0};
	int program;

	if (!config->cgroup.device_program)
		return;
	if (cgroup_fd() < 0)
		failx("device rules: there is no cgroup v2 to attach them to");
	program = load(config->cgroup.device_program);
	attr.target_fd = (unsigned)cgroup_fd();
	attr.attach_bpf_fd = (unsigned)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (bpf(BPF_PROG_ATTACH, &attr) < 0)
		fail("bpf BPF_PROG_ATTACH of the device rules");
	close(program);
}
