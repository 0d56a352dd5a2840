/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File descriptors: which are open, and in whom.
 *
 *   at the start    0 1 2, CHANNEL, CONSOLE_RELAY where the outer relays, then the preserved ones
 *   in the program  0 1 2, then the preserved ones from 3 on
 *
 * What else the caller had open is closed before anything is done, and what the shim opened is closed, not only marked
 * close-on-exec, before a path of the config is entered: /proc/self/fd/N then leads nowhere (CVE-2024-21626). Whoever
 * opens one that is to stay open says so with fds_keep(), before the clone.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEPT_MAX = 12 + CGROUPS_MAX };

static struct {
	int *fd; /* -1 in a process where it is not open */
	enum fds_owner owner;
} kept[KEPT_MAX];
static size_t kept_count;

static int channel = CHANNEL;
static int console_relay = CONSOLE_RELAY;

/* The file descriptor is read when the others are closed: it may still be -1 now. */
void fds_keep(int *fd, enum fds_owner owner)
{
	if (kept_count == KEPT_MAX)
		failx("more file descriptors are kept than there is room for");
	kept[kept_count].fd = fd;
	kept[kept_count++].owner = owner;
}

int fds_channel(void)
{
	return channel;
}

/* The program, or another launch, may want the number. */
void fds_move_channel(int fd)
{
	channel = fd;
}

static int preserved_count(const struct config *config)
{
	return (int)config->preserved_fds.value;
}

static int first_preserved(const struct config *config)
{
	return config_relays_console(config) ? CONSOLE_RELAY + 1 : CHANNEL + 1;
}

static void close_from_to(int first, int last)
{
	if (syscall(SYS_close_range, first, last, 0) < 0)
		fail("close_range");
}

/* One that is not there would be the number of the next file that is opened here. */
static void must_be_open(int fd, int flags)
{
	TEXT(number, 24);

	if (fcntl(fd, F_SETFD, flags) == 0)
		return;
	text_number(&number, fd);
	fail("file descriptor ", text_end(&number));
}

void fds_inherit(const struct config *config)
{
	int end = first_preserved(config) + preserved_count(config);

	for (int fd = 0; fd < end; fd++)
		must_be_open(fd, fd < CHANNEL ? 0 : FD_CLOEXEC);
	close_from_to(end, INT_MAX);
	fds_keep(&channel, OUTER_AND_INIT);
	if (config_relays_console(config))
		fds_keep(&console_relay, OUTER_ALONE);
}

/* Closes all from `first` on but these; -1 stands for none. */
void fds_close_but(int first, const int *keep, size_t count)
{
	enum { END = INT_MAX - 1 }; /* far beyond any that can be open */
	int next;

	do {
		next = END;
		for (size_t i = 0; i < count; i++)
			if (keep[i] >= first && keep[i] < next)
				next = keep[i];
		if (next > first)
			close_from_to(first, next - 1);
		first = next + 1;
	} while (next != END);
}

void fds_close_outer(const struct config *config)
{
	int keep[KEPT_MAX];

	(void)config;
	for (size_t i = 0; i < kept_count; i++)
		keep[i] = *kept[i].fd;
	fds_close_but(0, keep, kept_count);
}

/* Those of the outer's that the init has no use for. */
void fds_close_foreign(const struct config *config)
{
	(void)config;
	for (size_t i = 0; i < kept_count; i++)
		if (kept[i].owner == OUTER_ALONE && *kept[i].fd >= 0) {
			close(*kept[i].fd);
			*kept[i].fd = -1;
		}
}

/* To a number that no preserved one takes. */
static void move_away(int *fd, int least)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, least);

	if (moved < 0)
		fail("fcntl F_DUPFD_CLOEXEC");
	*fd = moved;
}

void fds_close_init(const struct config *config)
{
	int first = first_preserved(config), count = preserved_count(config);
	int keep[KEPT_MAX];
	size_t keep_count = 0;

	for (size_t i = 0; i < kept_count; i++) {
		if (kept[i].owner != OUTER_AND_INIT)
			continue;
		if (count)
			move_away(kept[i].fd, first + count);
		keep[keep_count++] = *kept[i].fd;
	}
	for (int i = 0; i < count; i++)
		if (dup3(first + i, CHANNEL + i, 0) < 0)
			fail("dup3 of a preserved file descriptor");
	fds_close_but(CHANNEL + count, keep, keep_count);
}

/* ---- from one process to another -------------------------------------------------------------------------- */

/* What is sent at one end comes at the other as a whole; the end of a process that has died is closed. */
void fds_pair(int *one, int *other)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		fail("socketpair");
	*one = ends[0];
	*other = ends[1];
}

/* Waits for a byte; false where the other end was closed instead. */
bool fds_await(int socket, const char *from)
{
	char byte;
	ssize_t length;

	while ((length = recv(socket, &byte, 1, 0)) < 0)
		if (errno != EINTR)
			fail("recv from ", from);
	return length > 0;
}

/* The first letter of `what` says to the other end what it is. */
void fds_send(int socket, int file, const char *what)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec byte = {(void *)what, 1};
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &file, sizeof(int));
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		fail("send the ", what);
}

/* Returns -1 where the other end was closed. */
int fds_receive(int socket, const char *what)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *header;
	int file;

	if (length < 0)
		fail("receive the ", what);
	if (length == 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (byte != *what || !header || header->cmsg_type != SCM_RIGHTS)
		failx("what came is not the ", what);
	memcpy(&file, CMSG_DATA(header), sizeof(int));
	return file;
}
