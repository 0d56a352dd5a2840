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
	{"undumpable", process_undumpable, "first: nobody may trace or read a process that is still privileged"},
	{"signals", process_signals, "inherited by the init, so that it costs the container nothing"},
	{"wait-create", reaper_wait_create, "the controller makes the cgroup only now that the outer can remove it"},
	{"cgroup-open", cgroup_open, "by fd and before any namespace: host paths are used nowhere later"},
	{"clone", namespaces_clone, "the one fork; the kernel charges it to the outer's cgroup, not to the container"},
	{"close-stdio", process_close_stdio,
		"after the fork: whoever reads the program's pipes waits for the program alone"},
	{"created", reaper_created, "the controller can now move and prepare the new process"},
	{"watch", reaper_watch, "last: until the container has ended and the controller knows it"},
};

static const struct step init[] = {
	{"parent-death", process_parent_death, "first: from here on no failure of the outer leaves a process"},
	{"wait-setup", init_wait_setup, "the controller has done to the new process what must be done from outside"},
	{"session", process_session, "before any terminal could be reached: no input can be pushed into the caller's"},
	{"propagation", mounts_propagation, "before the first mount, so that none reaches the host"},
	{"mounts", mounts_make, "inside all namespaces: /proc shows the pid namespace of who mounts it"},
	{"ready", init_ready, "everything that costs memory or tasks is done; the controller writes the late limits"},
	{"cgroup-namespace", namespaces_cgroup, "after v1 has moved the process: the root is where it then is"},
	{"close-fds", process_close_fds, "after the last open; close-on-exec keeps the channel for a failing exec"},
	{"cwd", process_cwd, "late, with the rights of the program"},
	{"exec", process_exec, "last; the limits bind the program from its first instruction"},
};

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

void steps_outer(const struct config *config)
{
	run(outer, sizeof(outer) / sizeof(*outer), config);
}

_Noreturn void steps_init(const struct config *config)
{
	run(init, sizeof(init) / sizeof(*init), config);
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
	print("init", init, sizeof(init) / sizeof(*init));
}
