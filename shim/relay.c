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
static struct buffer printed, typed;
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

	if (master >= 0)
		ioctl(master, TIOCSWINSZ, &size);
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

/* ---- one piece ------------------------------------------------------------------------------------------- */

static void read_printed(void)
{
	ssize_t length = read(master, printed.bytes, sizeof(printed.bytes));

	if (length > 0)
		set(&printed, (size_t)length);
	else if (length == 0 || (errno != EAGAIN && errno != EINTR))
		end_terminal(); /* EIO: the last who had the terminal open has closed it */
}

static void send_printed(void)
{
	ssize_t length = send(
		relay, printed.bytes + printed.from, printed.to - printed.from, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (length >= 0)
		printed.from += (size_t)length;
	else if (errno != EAGAIN && errno != EINTR)
		hang_up();
}

static void receive_typed(void)
{
	ssize_t length = recv(relay, typed.bytes, sizeof(typed.bytes), MSG_DONTWAIT);

	if (length > 0)
		set(&typed, (size_t)length);
	else if (length == 0 || (errno != EAGAIN && errno != EINTR))
		nothing_more_typed = true; /* the terminal stays: a program may go on without input */
}

static void write_typed(bool is_closed)
{
	ssize_t length = write(master, typed.bytes + typed.from, typed.to - typed.from);

	if (length > 0)
		typed.from += (size_t)length;
	else if (is_closed || (errno != EAGAIN && errno != EINTR))
		set(&typed, 0); /* nobody is there to read it */
}

/* ---- the poll loop --------------------------------------------------------------------------------------- */

/* What is to be waited for. An end that is closed is always ready, so it is left out where nothing is wanted of it. */
void relay_watch(struct pollfd *terminal, struct pollfd *controller)
{
	bool awaits_typing = !nothing_more_typed && is_empty(&typed);

	terminal->events = (short)((is_empty(&printed) ? POLLIN : 0) | (is_empty(&typed) ? 0 : POLLOUT));
	terminal->fd = terminal->events ? master : -1;
	controller->events = (short)((awaits_typing ? POLLIN : 0) | (is_empty(&printed) ? 0 : POLLOUT));
	controller->fd = controller->events || (nothing_more_typed && is_empty(&typed)) ? relay : -1;
}

void relay_move(const struct pollfd *terminal, const struct pollfd *controller)
{
	if (terminal->revents && is_empty(&printed))
		read_printed();
	if (master >= 0 && !is_empty(&printed))
		send_printed();
	if (master >= 0 && controller->revents && is_empty(&typed) && !nothing_more_typed)
		receive_typed();
	if (master >= 0 && !is_empty(&typed))
		write_typed(terminal->revents & POLLHUP);
	if (master >= 0 && controller->revents & POLLHUP && nothing_more_typed && is_empty(&typed))
		hang_up();
}

/* What the terminal still holds when the container has ended. A controller that does not want it closes its end. */
void relay_drain(void)
{
	const long long deadline = sync_time() + DRAIN_MS * 1000LL;
	struct pollfd controller = {.events = POLLOUT};

	while (master >= 0) {
		long long left = deadline - sync_time();

		if (is_empty(&printed))
			read_printed();
		if (master < 0 || is_empty(&printed) || left < 0)
			return;
		send_printed();
		controller.fd = is_empty(&printed) ? -1 : relay;
		poll(&controller, 1, is_empty(&printed) ? 0 : (int)(left / 1000));
	}
}
