/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The starter: started once, it forks the outers of several launches, which so cost the controller no fork of its large
 * process and no exec. It knows nothing of a container, and ends with the last of its outers.
 *
 *   in the starter  0 1 2, then for each launch its channel and, in their order, those of 0 1 2 that are pipes
 *   in an outer     0 1 2, CHANNEL, as if it had been started by itself
 *
 * A launch begins with the first byte on its channel. Nobody but the controller has the other end of one, so whoever
 * could speak to the starter could do so to an outer.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAUNCHES_MAX = 64, STDIO = 3 };

/* What 0 1 2 of an outer are: a letter each. */
enum { INHERITED = 'i', IGNORED = 'n', PIPE = 'p' };

struct launches {
	struct pollfd channels[LAUNCHES_MAX];
	int count, left;
	const char *stdio;
	int width; /* file descriptors of each */
	int null;
};

static int parse_count(const char *digits)
{
	int count = 0;

	for (; *digits >= '0' && *digits <= '9' && count <= LAUNCHES_MAX; digits++)
		count = count * 10 + (*digits - '0');
	if (*digits || count < 1 || count > LAUNCHES_MAX)
		failx("the number of launches must be 1 to 64");
	return count;
}

static int count_pipes(const char *stdio)
{
	int pipes = 0;

	if (strlen(stdio) != STDIO || strspn(stdio, "inp") != STDIO)
		failx("stdio must be three letters of i, n and p");
	for (int i = 0; i < STDIO; i++)
		pipes += stdio[i] == PIPE;
	return pipes;
}

static void prepare(struct launches *launches)
{
	/* nobody asks how an outer ended: what it has to say it says on its channel */
	const struct sigaction unreaped = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	int end = CHANNEL + launches->count * launches->width;

	for (int fd = 0; fd < end; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			failx("a file descriptor of a launch is missing");
	if (syscall(SYS_close_range, end, INT_MAX, 0) < 0)
		fail("close_range");
	for (int i = 0; i < launches->count; i++)
		launches->channels[i] = (struct pollfd){.fd = CHANNEL + i * launches->width, .events = POLLIN};
	launches->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (launches->null < 0)
		fail("open /dev/null");
	if (sigaction(SIGCHLD, &unreaped, NULL) < 0)
		fail("sigaction");
	prctl(PR_SET_NAME, "procready-shim"); /* of a sealed copy it is the number of a file descriptor */
}

static void move(int from, int to)
{
	if (from != to && dup2(from, to) < 0)
		fail("dup2");
}

/* The child's own: a session, so that the terminal's signals are the controller's to forward; and the numbers. */
static void become_outer(const struct launches *launches, int channel)
{
	int next = channel + 1;

	fds_move_channel(channel);
	if (setsid() < 0)
		fail("setsid");
	for (int i = 0; i < STDIO; i++)
		if (launches->stdio[i] != INHERITED)
			move(launches->stdio[i] == PIPE ? next++ : launches->null, i);
	move(channel, CHANNEL);
	fds_move_channel(CHANNEL);
}

/* Whether there is something on the channel; else it was closed, for the controller needs it no more. */
static bool is_wanted(int channel)
{
	char first;

	return recv(channel, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* True in the child. */
static bool start(const struct launches *launches, int channel)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_outer(launches, channel);
		return true;
	}
	if (pid < 0) {
		fds_move_channel(channel);
		fail_report(errno, NULL, (const char *const[]){"fork", NULL});
	}
	return false;
}

/* True in an outer that was started. */
static bool turn(struct launches *launches)
{
	if (poll(launches->channels, (nfds_t)launches->count, -1) < 0) {
		if (errno != EINTR)
			fail("poll");
		return false;
	}
	for (int i = 0; i < launches->count; i++) {
		int channel = launches->channels[i].fd;

		if (channel < 0 || !launches->channels[i].revents)
			continue;
		if (is_wanted(channel) && start(launches, channel))
			return true;
		syscall(SYS_close_range, channel, channel + launches->width - 1, 0);
		launches->channels[i].fd = -1;
		launches->left--;
	}
	return false;
}

/* Returns in each outer, and in nobody else. */
void starter_run(const char *count, const char *stdio)
{
	struct launches launches = {.count = parse_count(count), .stdio = stdio, .width = 1 + count_pipes(stdio)};

	launches.left = launches.count;
	prepare(&launches);
	while (launches.left > 0)
		if (turn(&launches))
			return;
	/* not before its outers: process 1, which they would be left to, may be somebody who does not reap them */
	while (wait(NULL) >= 0 || errno == EINTR)
		continue;
	_exit(0);
}
