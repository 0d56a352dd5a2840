/* SPDX-License-Identifier: Apache-2.0 */
/* The five sets of capabilities(7). Each is exactly what was asked for, or an error names the first that is not. */

#include "shim.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct sets {
	uint64_t effective, permitted, inheritable;
};

static int capset_with(const struct sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int half = 0; half < 2; half++)
		data[half] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(sets->effective >> 32 * half),
			.permitted = (uint32_t)(sets->permitted >> 32 * half),
			.inheritable = (uint32_t)(sets->inheritable >> 32 * half),
		};
	return (int)syscall(SYS_capset, &header, data);
}

static struct sets present(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		fail("capget");
	return (struct sets){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
}

/* Also of one that this release does not know yet. */
static const char *name_of(int number, struct text *buffer)
{
	if (number < CAPABILITIES_COUNT)
		return config_capability(number);
	text_add(buffer, "capability ");
	text_number(buffer, number);
	return text_end(buffer);
}

/* Ends the launch if any of the set is there, naming the first. */
static void refuse(uint64_t set, const char *why)
{
	if (set)
		failx(config_capability(__builtin_ctzll(set)), why);
}

/* One of the two sets that can only be asked for one by one. EINVAL: the kernel has no more than those before. */
static uint64_t ask_each(const char *call, int option, int argument)
{
	uint64_t set = 0;

	for (int i = 0; i < 64; i++) {
		int in = argument ? prctl(option, argument, i, 0, 0) : prctl(option, i);

		if (in < 0 && errno == EINVAL && i >= CAPABILITIES_COUNT)
			break;
		if (in < 0)
			fail("prctl ", call);
		set |= (uint64_t)in << i;
	}
	return set;
}

static uint64_t bounding(void)
{
	return ask_each("PR_CAPBSET_READ", PR_CAPBSET_READ, 0);
}

void capabilities_bounding(const struct config *config)
{
	const struct capabilities *ask = &config->capabilities;
	uint64_t now;

	if (!ask->given)
		return;
	now = bounding();
	refuse(ask->bounding & ~now, " cannot be in the bounding set: it is not in that of the caller");
	for (int i = 0; i < 64; i++)
		if ((now & ~ask->bounding) >> i & 1 && prctl(PR_CAPBSET_DROP, i) < 0) {
			TEXT(name, 32);

			fail("drop ", name_of(i, &name), " from the bounding set",
				errno == EPERM ? ": needs CAP_SETPCAP" : "");
		}
}

/* Over the change of the user, which would take the permitted set away; exec(2) ends it. */
void capabilities_keep(const struct config *config)
{
	if (config->capabilities.given && prctl(PR_SET_KEEPCAPS, 1) < 0)
		fail("prctl PR_SET_KEEPCAPS");
}

static void set_ambient(uint64_t set)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		fail("prctl PR_CAP_AMBIENT_CLEAR_ALL");
	for (int i = 0; i < CAPABILITIES_COUNT; i++)
		if (set >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			fail("raise ", config_capability(i), " in the ambient set");
}

void capabilities_set(const struct config *config)
{
	const struct capabilities *ask = &config->capabilities;
	const struct sets wanted = {ask->effective, ask->permitted, ask->inheritable};
	struct sets now;

	if (!ask->given)
		return;
	now = present();
	refuse(ask->permitted & ~now.permitted, " cannot be permitted: the caller does not have it");
	refuse(ask->effective & ~ask->permitted, " cannot be effective: it is not permitted");
	refuse(ask->inheritable & ~now.inheritable & ~bounding(),
		" cannot be inheritable: it is not in the bounding set");
	refuse(ask->ambient & ~(ask->permitted & ask->inheritable),
		" cannot be ambient: it is not both permitted and inheritable");
	if (capset_with(&wanted) < 0)
		fail("capset");
	set_ambient(ask->ambient);
	now = present();
	if (memcmp(&now, &wanted, sizeof(now)) != 0 || bounding() != ask->bounding ||
		ask_each("PR_CAP_AMBIENT_IS_SET", PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET) != ask->ambient)
		failx("capset: other capabilities were set than asked for");
}

/* For process 1, which only waits and signals the program, whoever that runs as. */
void capabilities_drop(const struct config *config)
{
	uint64_t kill = present().permitted & 1ULL << CAP_KILL;

	(void)config;
	if (capset_with(&(struct sets){.effective = kill, .permitted = kill}) < 0)
		fail("capset");
}
