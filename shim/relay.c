/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the outer, between the terminal and the controller: what the program prints goes from the master of the terminal
 * to CONSOLE_RELAY, what is typed the other way. Nothing here waits: each direction has one buffer, which is filled
 * again when it is empty, so that whoever does not read stops whoever writes, and nobody else.
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MS = 1000 }; /* that the controller may take for what is left at the end */

struct buffer {
	size_t from, to;
	char bytes[16384];
};

static int master = -1, relay = -1;
struct buffer relay_printed LARGE, relay_typed LARGE;
static bool nothing_more_typed;

static bool is_empty(const struct buffer *buffer)
{
	return buffer->from == buffer->to;
}

static void set(struct buffer *buffer, size_t length)
{
	buffer->from = 0;
	buffer->to = length;
}

void relay_begin(int fd)
{
	master = fd;
	relay = CONSOLE_RELAY;
	if (fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		fail("fcntl F_SETFL of the terminal");
}

void relay_resize(unsigned short height, unsigned short width)
{
	const struct winsize size = {.ws_row = height, .ws_col = width};

	if (master >= 0 && ioctl(master, TIOCSWINSZ, &size) < 0)
		fail("ioctl TIOCSWINSZ");
}

/* All that was printed is sent; the controller sees the end of it. */
static void end_terminal(void)
{
	shutdown(relay, SHUT_WR);
	close(master);
	master = relay = -1;
}

/* The controller has closed its end: whom the terminal belongs to gets SIGHUP, as where a line is hung up. */
static void hang_up(void)
{
	close(master);
	master = relay = -1;
}

/* Whether the call that failed is to be made again later; else the other end is gone. No other error is expected. */
static bool is_to_be_tried_again(const char *call, int gone)
{
	if (errno != EAGAIN && errno != EINTR && errno != gone && errno != ECONNRESET)
		fail(call, " at the terminal");
	return errno == EAGAIN || errno == EINTR;
}

/* ---- one piece ------------------------------------------------------------------------------------------- */

static void read_printed(void)
{
	ssize_t length;

	do
		length = read(master, relay_printed.bytes, sizeof(relay_printed.bytes));
	while (length < 0 && errno == EINTR); /* relay_drain() takes nothing for the end */
	if (length > 0)
		set(&relay_printed, (size_t)length);
	else if (length == 0 || !is_to_be_tried_again("read", EIO))
		end_terminal(); /* EIO: the last who had the terminal open has closed it */
}

static void send_printed(void)
{
	ssize_t length = send(relay, relay_printed.bytes + relay_printed.from, relay_printed.to - relay_printed.from,
		MSG_DONTWAIT | MSG_NOSIGNAL);

	if (length >= 0)
		relay_printed.from += (size_t)length;
	else if (!is_to_be_tried_again("send", EPIPE))
		hang_up();
}

static void receive_typed(void)
{
	ssize_t length = recv(relay, relay_typed.bytes, sizeof(relay_typed.bytes), MSG_DONTWAIT);

	if (length > 0)
		set(&relay_typed, (size_t)length);
	else if (length == 0 || !is_to_be_tried_again("recv", ECONNRESET))
		nothing_more_typed = true; /* the terminal stays: a program may go on without input */
}

static void write_typed(bool is_closed)
{
	ssize_t length = write(master, relay_typed.bytes + relay_typed.from, relay_typed.to - relay_typed.from);

	if (length > 0)
		relay_typed.from += (size_t)length;
	else if (!is_to_be_tried_again("write", EIO) || is_closed)
		set(&relay_typed, 0); /* nobody is there to read it */
}

/* ---- the poll loop --------------------------------------------------------------------------------------- */

/* What is to be waited for. An end that is closed is always ready, so it is left out where nothing is wanted of it. */
void relay_watch(struct pollfd *terminal, struct pollfd *controller)
{
	bool awaits_typing = !nothing_more_typed && is_empty(&relay_typed);

	terminal->events = (short)((is_empty(&relay_printed) ? POLLIN : 0) | (is_empty(&relay_typed) ? 0 : POLLOUT));
	terminal->fd = terminal->events ? master : -1;
	controller->events = (short)((awaits_typing ? POLLIN : 0) | (is_empty(&relay_printed) ? 0 : POLLOUT));
	controller->fd = controller->events || (nothing_more_typed && is_empty(&relay_typed)) ? relay : -1;
}

void relay_move(const struct pollfd *terminal, const struct pollfd *controller)
{
	if (terminal->revents && is_empty(&relay_printed))
		read_printed();
	if (master >= 0 && !is_empty(&relay_printed))
		send_printed();
	if (master >= 0 && controller->revents && is_empty(&relay_typed) && !nothing_more_typed)
		receive_typed();
	if (master >= 0 && !is_empty(&relay_typed))
		write_typed(terminal->revents & POLLHUP);
	if (master >= 0 && controller->revents & POLLHUP && nothing_more_typed && is_empty(&relay_typed))
		hang_up();
}

/* What the terminal still holds when the container has ended. A controller that does not want it closes its end. */
void relay_drain(const struct config *config)
{
	const long long deadline = clock_now() + DRAIN_MS * 1000LL;
	struct pollfd controller = {.events = POLLOUT};

	(void)config;
	while (master >= 0) {
		long long left = deadline - clock_now();

		if (is_empty(&relay_printed))
			read_printed();
		if (master < 0 || is_empty(&relay_printed) || left < 0)
			return;
		send_printed();
		controller.fd = is_empty(&relay_printed) ? -1 : relay;
		poll(&controller, 1, is_empty(&relay_printed) ? 0 : (int)(left / 1000));
	}
}
