/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the outer does while the init lives, and then the program: it watches several things at once.
 *   alive    the init's end of the pipe closes at exec, or when it dies before; a byte: it is held (hold.c)
 *   pidfd    the init, or the program, has ended
 *   forks    the init hands over its filter, which then asks about each fork (forks.c)
 *   console  the init hands over the terminal, which is then relayed (relay.c)
 *   channel  the controller resizes the terminal, has closed the channel, or has died
 * Nothing is reaped before the channel is closed, so that a pid the controller holds is never another process.
 */

#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROLLER, ALIVE, EXIT, FORKS, CONSOLE, MASTER, RELAY, COUNT };
enum { CLOSED = POLLRDHUP | POLLHUP | POLLERR };
enum { GRACE_MS = 1000 }; /* for a program that got parentDeathSignal */

static struct pollfd watched[COUNT];
static bool execed, ended, held;

/* A controller that dies while it makes the cgroup's directories leaves them to the outer, which knows their names. */
void watch_wait_create(const struct config *config)
{
	(void)config;
	sync_wait("procCreate");
}

void watch_created(const struct config *config)
{
	TEXT(message, 512);

	(void)config;
	sync_begin(&message, "procCreated");
	sync_member(&message, "pid", child.pid);
	sync_send(&message);
}

/* ---- what can happen ------------------------------------------------------------------------------------- */

static void unwatch(int which)
{
	watched[which].fd = -1;
	watched[which].revents = 0;
}

static void note_exec(void)
{
	unwatch(ALIVE);
	execed = exit_has_execed();
	if (!execed)
		return;
	exit_report_started();
	watched[CONTROLLER].events |= POLLIN;
}

/* The end of the pipe, or the byte of an init that goes on without this process. */
static void note_alive(void)
{
	char byte;

	held = watched[ALIVE].revents & POLLIN && read(child.alive, &byte, 1) == 1;
	if (!held)
		note_exec();
}

/* False where the controller is gone: then nobody knows of the container, and it must end. */
static bool leave(void)
{
	TEXT(message, 96);

	sync_begin(&message, "procHeld");
	return sync_try(&message);
}

static void note_end(const struct config *config, const struct ending *ending)
{
	if (watched[ALIVE].fd >= 0)
		note_exec();
	ended = true;
	unwatch(EXIT);
	watched[CONTROLLER].events = POLLRDHUP;
	if (execed)
		exit_report(config, ending);
	else
		exit_report_lost(config, ending);
}

static void see_exit(const struct config *config)
{
	struct ending ending;

	child_wait(WNOWAIT, &ending);
	full_look(config);
	process_1_kill(config); /* what the program leaves behind ends with it */
	note_end(config, &ending);
}

/* A message of another type is not awaited while the program runs, and neither is this one without a terminal. */
static void resize(const struct config *config)
{
	static const char *const type[] = {"procResize", NULL};
	struct message {
		const char *type;
		struct integer height, width;
	} message;
	static const struct json_field fields[] = {
		{.name = "type",
			.kind = JSON_STRING,
			.required = true,
			.offset = offsetof(struct message, type),
			.format = EXACT,
			.choices = type},
		{.name = "height",
			.kind = JSON_INTEGER,
			.required = true,
			.offset = offsetof(struct message, height),
			.most = UINT16_MAX},
		{.name = "width",
			.kind = JSON_INTEGER,
			.required = true,
			.offset = offsetof(struct message, width),
			.most = UINT16_MAX},
	};
	static const struct json_type resize_type = {sizeof(message), fields, 3};
	char line[256];

	json_decode(line, sync_line(line, sizeof(line), "procResize"), &resize_type, &message);
	if (!config_relays_console(config))
		fail_exit(0, "/type", (const char *const[]){"this container has no terminal to be resized", NULL});
	relay_resize((unsigned short)message.height.value, (unsigned short)message.width.value);
}

static void take_console(const struct config *config)
{
	unwatch(CONSOLE);
	console_receive(config);
}

/* Waits for something to happen, at most so long, and does what is to be done about it. */
static void turn(const struct config *config, int milliseconds)
{
	relay_watch(&watched[MASTER], &watched[RELAY]);
	if (poll(watched, COUNT, milliseconds) < 0) {
		if (errno != EINTR)
			fail("poll");
		return;
	}
	if (watched[CONSOLE].revents)
		take_console(config);
	if (watched[FORKS].revents)
		watched[FORKS].fd = forks_turn(config, watched[FORKS].revents & POLLIN);
	relay_move(&watched[MASTER], &watched[RELAY]);
	if (watched[ALIVE].revents)
		note_alive();
	if (watched[EXIT].revents && watched[ALIVE].fd < 0)
		see_exit(config);
	if (watched[CONTROLLER].revents == POLLIN)
		resize(config);
}

/* ---- the end --------------------------------------------------------------------------------------------- */

static void end_gracefully(const struct config *config)
{
	const long long deadline = clock_now() + GRACE_MS * 1000LL;

	unwatch(CONTROLLER);
	child_signal((int)config->parent_death_signal.value);
	for (long long left; !ended && (left = deadline - clock_now()) > 0;)
		turn(config, (int)(left / 1000));
}

static void kill_child(const struct config *config)
{
	(void)config;
	child_signal(SIGKILL);
}

/* Process 1 cannot end before the program is reaped. */
static void reap(const struct config *config)
{
	struct ending ending;

	(void)config;
	if (child.pid <= 0)
		return;
	child_wait(0, &ending);
	process_1_reap();
}

/* Its end is for the controller the end of all that is held here, locks included. */
static void close_all(const struct config *config)
{
	(void)config;
	fds_close_but(0, (const int[]){fds_channel()}, 1);
}

/* What the outer holds is let go, each by itself: where one of them fails, fail() calls this again for those behind it.
 */
void watch_release(const struct config *config)
{
	static void (*const all[])(const struct config *) = {
		kill_child, process_1_kill, cgroup_kill, reap, cgroup_remove, relay_drain, close_all};
	static size_t next;

	while (next < sizeof(all) / sizeof(*all))
		all[next++](config);
}

void watch_container(const struct config *config)
{
	for (int i = 0; i < COUNT; i++)
		watched[i].fd = -1;
	watched[CONTROLLER] = (struct pollfd){.fd = fds_channel(), .events = POLLRDHUP};
	watched[ALIVE] = (struct pollfd){.fd = child.alive, .events = POLLIN};
	watched[EXIT] = (struct pollfd){.fd = child.pidfd, .events = POLLIN};
	watched[FORKS] = (struct pollfd){.fd = forks_fd(), .events = POLLIN};
	watched[CONSOLE] = (struct pollfd){.fd = console_fd(), .events = POLLIN};
	while (!held && !(watched[CONTROLLER].revents & CLOSED))
		turn(config, -1);
	if (held && leave())
		return;
	if (execed && !ended && config->parent_death_signal.given)
		end_gracefully(config);
	watch_release(config);
}
