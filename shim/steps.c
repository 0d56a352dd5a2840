/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE ORDER. One table per process, read downwards. A step returns at once when its part of the config is absent
 * and never looks at another step. The names are those of procError and of `procready-shim --steps`.
 */

#include "shim.h"

#include <string.h>
#include <unistd.h>

struct step {
	const char *name;
	void (*run)(const struct config *config);
	const char *why_here;
};

static const struct step outer[] = {
	{"inherited-fds", fds_inherit,
		"first: what else the caller left open is for nobody; the numbers above are ours"},
	{"oom-score", limits_oom_score,
		"before the next step: until then /proc/self is the caller's own; it is inherited"},
	{"undumpable", process_undumpable, "nobody may trace or read a process that is still privileged"},
	{"sealed", sealed_require,
		"before anything of the container runs: it must not reach a shim that it could change"},
	{"signals", process_signals, "inherited by the init, so that it costs the container nothing"},
	{"filter", seccomp_decode, "while its memory is still the outer's; decoded in the init it would be charged"},
	{"wait-create", watch_wait_create, "the controller makes the cgroup only now that the outer can remove it"},
	{"cgroup-open", cgroup_open, "by fd and before any namespace: host paths are used nowhere later"},
	{"device-rules", device_rules_attach, "before a process is in the cgroup; only the caller has the right to"},
	{"namespaces-open", joiner_open, "as the caller sees them; the paths mean nothing inside"},
	{"root-source", root_source, "with the rights of the caller; the init may only have those of mapped ids"},
	{"mount-sources", sources_open, "likewise; and an idmapped mount needs the root of the host"},
	{"console-open", console_open, "a way for the terminal out of the container, before there is one"},
	{"hold-open", hold_open, "likewise for who lets a held init go: under its limits it opens nothing"},
	{"process-1-open", process_1_open, "likewise between the init and process 1: who is ready for whom"},
	{"forks-open", forks_open, "likewise for what decides on each fork of the program"},
	{"clone", namespaces_clone, "the last fork outside; the kernel charges it to the outer's cgroup"},
	{"oom-score-back", limits_oom_score_back,
		"the init has inherited the score; the outer must not be killed for it"},
	{"close", fds_close_outer, "after the fork: whoever reads the program's pipes waits for the program alone"},
	{"created", watch_created, "the controller can now move and prepare the new process"},
	{"watch", watch_container, "last: until the container has ended and the controller knows it"},
};

static void give_up_rights(const struct config *config);

/* Where namespaces are joined, or process 1 is ours: who is in one cannot leave it, and the outer must stay outside. */
static const struct step maker[] = {
	{"parent-death", process_parent_death, "first: no failure of the outer leaves a process"},
	{"join", joiner_join, "before the new ones are made, so that they belong to the joined user namespace"},
	{"make", namespaces_make, "before process 1 and the init, which are in the same"},
	{"undumpable-joined", process_undumpable, "a change of credentials resets it, and the init inherits it"},
	{"process-1", maker_process_1, "a child of the outer, and the first process in the new pid namespace"},
	{"rlimits-raised", limits_raise, "while there is the right to it, which the next step gives up"},
	{"rights", give_up_rights,
		"who is inside a container that is joined may trace a process as soon as it is in the pid namespace"},
	{"clone", maker_init, "a child of the outer; only a new process is in a joined or a new pid namespace"},
};

static const struct step process_1[] = {
	{"parent-death", process_parent_death,
		"first: no failure of the outer leaves it, and the pid namespace with it"},
	{"root-directory", process_1_directory,
		"before the init enters its root, which moves whoever is in the old one"},
	{"session", process_session, "no terminal of the caller's, and none of the container's"},
	{"signals", process_1_signals, "before there is anybody to send one, or an orphan to be reaped"},
	{"wait", process_1_wait, "the id maps are written"},
	{"identity", user_namespace_identity, "root of the new user namespace, and so nobody of the host"},
	{"capabilities", capabilities_drop, "after the user, which needs some"},
	{"forget", process_1_forget, "after the last step that asks for something in the config"},
	{"filter", process_1_filter, "after the last step that needs another system call than those that follow"},
	{"close", process_1_close, "after the last step that can fail: so the init sees that all of this is done"},
	{"serve", process_1_serve, "last: until the outer kills it, or has died"},
};

static const struct step init[] = {
	{"parent-death", process_parent_death, "first: from here on no failure of the outer leaves a process"},
	{"outer-fds", fds_close_foreign, "who is inside already must find no way to the host in a process that joins"},
	{"mappable", user_namespace_mappable, "so that a caller without root may write the id maps"},
	{"wait-setup", init_wait_setup, "the controller has done to the new process what must be done from outside"},
	{"process-1", process_1_release, "as early as it may: it goes on beside the init, and holds nothing up"},
	{"identity", user_namespace_identity, "root of the new user namespace, so that what it makes has an owner"},
	{"session", process_session, "before any terminal could be reached: no input can be pushed into the caller's"},
	{"keyring", process_keyring, "before the first request for a key"},
	{"clocks", kernel_time, "before anything inside reads a clock"},
	{"names", kernel_names, "before a program could read them"},
	{"loopback", kernel_loopback, "a new network namespace has not even 127.0.0.1"},
	{"propagation", root_propagation, "before the first mount, so that none reaches the host"},
	{"sources", sources_make,
		"before any path of the container is followed; none can lead a path of the host astray"},
	{"host-devices", devices_open, "before a /dev of the container could cover them"},
	{"root", root_open, "after the last copy of a mount that may have to become private for it"},
	{"mounts", mounts_make, "inside all namespaces: /proc shows the pid namespace of who mounts it"},
	{"devices", devices_make, "after /dev is mounted, before masks could cover it"},
	{"console", console_make, "after devpts is mounted; it becomes stdin, stdout and stderr"},
	{"sysctl", kernel_sysctl, "before /proc/sys may become read-only"},
	{"masks", masks_make, "after all mounts, so that none of them uncovers what is masked"},
	{"mounted", init_mounted, "before the root is entered: hooks see the files of the host, and all mounts"},
	{"enter-root", root_enter, "after the last host path: from here on the host's files cannot be named"},
	{"user-lookup", user_lookup, "in the files of the container, and while it costs nobody anything"},
	{"command", process_find, "in the root of the container, and while it costs nobody anything"},
	{"stdio", user_stdio, "with the right to do it, which the next steps take away"},
	{"forks", forks_filter, "with the right to it, which the next steps take away; memory that is nobody's yet"},
	{"process-1-closed", process_1_await,
		"before anything of the container runs, which could reach it while it is open"},
	{"ready", init_ready, "everything that costs memory or tasks is done; the controller writes the late limits"},
	{"cgroup-namespace", namespaces_cgroup, "after v1 has moved the process: the root is where it then is"},
	{"scheduling", limits_scheduling, "late, so that it does not slow down the set-up; some need privileges"},
	{"processors", limits_processors, "after v1 has moved the process: its cpuset says which there are"},
	{"personality", process_personality, "after the last step that asks for a system call by its number"},
	{"close-fds", fds_close_init,
		"after the last open, before a limit on their number: nothing of the host is left to be reached"},
	{"rlimits", limits_rlimits, "late, so that they do not bind the set-up; raising one needs a privilege"},
	{"bounding-set", capabilities_bounding, "before the user changes, because that may take CAP_SETPCAP away"},
	{"seccomp-privileged", seccomp_privileged, "without no_new_privs it needs CAP_SYS_ADMIN, which goes next"},
	{"user", user_switch, "with CAP_SETUID and CAP_SETGID; the other capabilities are kept over it"},
	{"capabilities", capabilities_set, "after the user: changing it would clear the ambient set"},
	{"no-new-privileges", process_no_new_privileges,
		"after the last step that a set-user-ID program could be part of"},
	{"undumpable-again", process_undumpable, "a change of credentials resets it"},
	{"parent-death-again", process_parent_death, "a change of credentials resets this too"},
	{"umask", process_umask, "after the last file of ours"},
	{"cwd", process_cwd, "late, with the rights of the program"},
	{"seccomp", seccomp_load, "the last system call but one: the filter is the program's, not ours"},
	{"exec", process_exec, "last; the limits bind the program from its first instruction"},
};

/* Steps of the init that the maker does before it, where a container is joined; see joiner_is_last(). */
static void (*const with_rights[])(const struct config *config) = {user_lookup, user_stdio, namespaces_cgroup,
	limits_scheduling, capabilities_bounding, user_switch, capabilities_set, process_no_new_privileges,
	process_undumpable};

static bool needs_rights(const struct step *step)
{
	for (size_t i = 0; i < sizeof(with_rights) / sizeof(*with_rights); i++)
		if (step->run == with_rights[i])
			return true;
	return false;
}

static const char *current = "config";

const char *step_name(void)
{
	return current;
}

static void run(const struct step *steps, size_t count, const struct config *config)
{
	for (size_t i = 0; i < count; i++) {
		current = steps[i].name;
		steps[i].run(config);
	}
}

/* Before there is a config. */
_Noreturn void steps_sealed(char **argv)
{
	current = "sealed";
	sealed_start(argv);
}

/* Returns in each outer, which begins like one that was started by itself. */
void steps_starter(const char *launches, const char *stdio)
{
	current = "starter";
	starter_run(launches, stdio);
	current = "config";
}

static void run_init(const struct config *config, bool rights, bool others)
{
	for (size_t i = 0; i < sizeof(init) / sizeof(*init); i++)
		if (needs_rights(&init[i]) ? rights : others)
			run(&init[i], 1, config);
}

/* In the maker. */
static void give_up_rights(const struct config *config)
{
	run_init(config, joiner_is_last(config), false);
}

void steps_outer(const struct config *config)
{
	fail_release(watch_release, config);
	run(outer, sizeof(outer) / sizeof(*outer), config);
}

_Noreturn void steps_maker(const struct config *config)
{
	fail_release(NULL, NULL);
	run(maker, sizeof(maker) / sizeof(*maker), config);
	_exit(0);
}

_Noreturn void steps_process_1(const struct config *config)
{
	fail_release(NULL, NULL);
	run(process_1, sizeof(process_1) / sizeof(*process_1), config);
	failx("the last step returned");
}

_Noreturn void steps_init(const struct config *config)
{
	fail_release(NULL, NULL);
	run_init(config, !joiner_is_last(config), true);
	failx("the last step returned");
}

static void print(const char *process, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TEXT(line, 256);

		text_add(&line, "| ");
		text_add(&line, process);
		text_add(&line, " | ");
		text_add(&line, steps[i].name);
		text_add(&line, " | ");
		text_add(&line, steps[i].why_here);
		text_add(&line, " |\n");
		if (write(STDOUT_FILENO, line.bytes, line.length) < 0)
			_exit(125);
	}
}

void steps_print(void)
{
	print("outer", outer, sizeof(outer) / sizeof(*outer));
	print("maker", maker, sizeof(maker) / sizeof(*maker));
	print("process 1", process_1, sizeof(process_1) / sizeof(*process_1));
	print("init", init, sizeof(init) / sizeof(*init));
}
