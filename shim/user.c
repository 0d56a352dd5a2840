/* SPDX-License-Identifier: Apache-2.0 */
/* Who the program runs as. */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MEMBERSHIPS_MAX = 512 };

/* Found before procReady, so that it costs the container nothing. */
static struct {
	uid_t uid;
	gid_t gid;
	size_t asked; /* of the groups: the first, which the config names; the others only /etc/group does */
	size_t count;
} wanted;

gid_t user_groups[2 * GROUPS_MAX + MEMBERSHIPS_MAX] LARGE;
struct {
	char home[sizeof("HOME=") + PATH_MAX];
	char user[sizeof("USER=") + NAME_MAX];
	char logname[sizeof("LOGNAME=") + NAME_MAX];
} user_variables LARGE;

/* ---- in the files of the container ----------------------------------------------------------------------- */

static void add_group(gid_t gid)
{
	for (size_t i = 0; i < wanted.count; i++)
		if (user_groups[i] == gid)
			return;
	if (wanted.count == sizeof(user_groups) / sizeof(*user_groups))
		failx("the user is in too many groups");
	user_groups[wanted.count++] = gid;
}

static void find_groups(const struct user *user, const char *known_as)
{
	for (size_t i = 0; i < user->additional_gids_count; i++)
		add_group((gid_t)user->additional_gids[i]);
	for (size_t i = 0; i < user->additional_groups.count; i++)
		add_group(accounts_group(user->additional_groups.list[i]));
	wanted.asked = wanted.count;
	if (known_as && !user->gid.given && !user->group)
		accounts_memberships(known_as, add_group);
}

/* In a slot that config.c has left free at the end of the list. */
static void add_variable(const struct strings *env, char *variable, const char *name, const char *value)
{
	char **slot = env->list;

	for (; *slot; slot++)
		if (strncmp(*slot, name, strlen(name)) == 0)
			return;
	*slot = strcat(strcpy(variable, name), value);
}

void user_lookup(const struct config *config)
{
	const struct user *user = &config->user;
	bool stays = !user->uid.given && !user->name;
	struct account account;
	bool known;

	if (!user->given)
		return;
	account.uid = user->uid.given ? (uid_t)user->uid.value : getuid();
	known = accounts_user(user->name, &account);
	wanted.uid = account.uid;
	if (user->gid.given)
		wanted.gid = (gid_t)user->gid.value;
	else if (user->group)
		wanted.gid = accounts_group(user->group);
	else
		wanted.gid = known ? account.gid : stays ? getgid() : 0;
	find_groups(user, known ? account.name : NULL);
	add_variable(&config->env, user_variables.home, "HOME=", known && *account.home == '/' ? account.home : "/");
	if (!user->variables || !known)
		return;
	add_variable(&config->env, user_variables.user, "USER=", account.name);
	add_variable(&config->env, user_variables.logname, "LOGNAME=", account.name);
}

/* ---- stdin, stdout, stderr ------------------------------------------------------------------------------- */

/*
 * So that the program can open /dev/stdout and the like again. Ownership must give no more than the fd does: not a file
 * that can only be read, and no device of the host, the caller's terminal among them. The terminal that was made
 * inside is the user's.
 */
static bool is_handed_over(const struct config *config, int fd, mode_t mode)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		fail("fcntl F_GETFL");
	if (S_ISREG(mode))
		return (flags & O_ACCMODE) != O_RDONLY;
	if (S_ISCHR(mode))
		return config->console.given;
	return S_ISFIFO(mode) || S_ISSOCK(mode);
}

void user_stdio(const struct config *config)
{
	/* a terminal that the user itself makes is the user's */
	if (!config->user.given || (config->console.given && joiner_is_last(config)))
		return;
	for (int fd = 0; fd < CHANNEL; fd++) {
		struct stat status;

		path_stat(fd, &status);
		if (status.st_uid == wanted.uid || !is_handed_over(config, fd, status.st_mode) ||
			fchown(fd, wanted.uid, (gid_t)-1) == 0)
			continue;
		/* a file system that is read-only; a file of somebody else's, or ids that are not mapped, in a user
		 * namespace; one that has no owners */
		if (errno != EROFS && errno != EPERM && errno != EINVAL && errno != EOPNOTSUPP)
			fail("fchown of stdin, stdout or stderr");
	}
}

/* ---- the change ------------------------------------------------------------------------------------------ */

static _Noreturn void switch_failed(const char *call, long long id, const char *capability)
{
	TEXT(number, 24);

	text_number(&number, id);
	text_end(&number);
	if (errno == EPERM)
		fail(call, " ", number.bytes, ": needs ", capability);
	if (errno == EINVAL)
		fail(call, " ", number.bytes, ": not mapped in the user namespace");
	fail(call, " ", number.bytes);
}

static bool groups_are(size_t count)
{
	gid_t groups[sizeof(user_groups) / sizeof(*user_groups)];
	long got = syscall(SYS_getgroups, sizeof(groups) / sizeof(*groups), groups);

	if (got < 0)
		fail("getgroups");
	if (got != (long)count)
		return false;
	for (size_t i = 0; i < count; i++) {
		long at = 0;

		while (at < got && groups[at] != user_groups[i]) /* the kernel has sorted them */
			at++;
		if (at == got)
			return false;
	}
	return true;
}

/*
 * In a user namespace groups may be denied, and not every one is mapped. Then those that only /etc/group names are left
 * out; that the caller's stay is what the denial is for, user_namespaces(7).
 */
static void switch_groups(const struct config *config)
{
	bool in_user_namespace = config_makes_namespace(config, NS_USER) || joiner_joins(NS_USER);
	size_t count = wanted.count;
	long result = syscall(SYS_setgroups, count, user_groups);

	if (result < 0 && in_user_namespace && count > wanted.asked && (errno == EPERM || errno == EINVAL)) {
		count = wanted.asked;
		result = syscall(SYS_setgroups, count, user_groups);
	}
	if (result < 0 && errno == EPERM && in_user_namespace && count == 0)
		return;
	if (result < 0 && errno == EINVAL)
		fail("setgroups: a group is not mapped in the user namespace");
	if (!groups_are(count)) {
		if (result < 0 && errno == EPERM)
			fail("setgroups: ", in_user_namespace ? "denied in this user namespace" : "needs CAP_SETGID");
		if (result < 0)
			fail("setgroups");
		failx("setgroups: other groups were set than asked for");
	}
}

void user_switch(const struct config *config)
{
	uid_t uid[3];
	gid_t gid[3];

	if (!config->user.given)
		return;
	capabilities_keep(config);
	switch_groups(config);
	if (syscall(SYS_setresgid, wanted.gid, wanted.gid, wanted.gid) < 0)
		switch_failed("setresgid", wanted.gid, "CAP_SETGID");
	if (syscall(SYS_setresuid, wanted.uid, wanted.uid, wanted.uid) < 0)
		switch_failed("setresuid", wanted.uid, "CAP_SETUID");
	if (syscall(SYS_getresgid, &gid[0], &gid[1], &gid[2]) < 0 ||
		syscall(SYS_getresuid, &uid[0], &uid[1], &uid[2]) < 0)
		fail("getresuid");
	for (int i = 0; i < 3; i++)
		if (uid[i] != wanted.uid || gid[i] != wanted.gid)
			failx("other ids were set than asked for");
}
