/* SPDX-License-Identifier: Apache-2.0 */
/* One message out, one message in: ../schema/README.md. */

#include "shim.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void sync_begin(struct text *message, const char *type)
{
	message->length = 0;
	text_add(message, "{\"type\":");
	text_json(message, type);
	sync_member(message, "time", clock_now());
}

void sync_member(struct text *message, const char *name, long long number)
{
	text_add(message, ",");
	text_json(message, name);
	text_add(message, ":");
	text_number(message, number);
}

/* Whether it could be sent. */
bool sync_try(struct text *message)
{
	const int answer = hold_answer();

	memcpy(message->bytes + message->length, "}\n", 2);
	if (answer >= 0)
		return write(answer, message->bytes, message->length + 2) > 0;
	return send(fds_channel(), message->bytes, message->length + 2, MSG_NOSIGNAL) > 0;
}

/*
 * What could not be sent is waited for: the end of the channel is what says so. A controller that is gone is no failure
 * of its own: whoever waits for it sees that end.
 */
void sync_send(struct text *message)
{
	if (!sync_try(message) && errno != EPIPE && errno != ECONNRESET)
		fail("send to the controller");
}

/* What has come, and stays; through a FIFO it is taken at once, for only the init reads there. */
static ssize_t look(char *into, size_t size)
{
	if (hold_is_held())
		return read(fds_channel(), into, size);
	return recv(fds_channel(), into, size, MSG_PEEK);
}

/*
 * Reads one line and takes nothing behind it: the next message may be there already, and be for the other process.
 * Returns its length without the line feed, which stays in line.
 */
size_t sync_line(char *line, size_t size, const char *what)
{
	size_t length = 0;

	do {
		ssize_t seen = look(line + length, size - length);
		const char *end;

		if (seen < 0 && errno == EINTR)
			continue;
		if (length == size)
			failx(what, " is too long");
		if (seen == 0)
			failx("the controller closed the channel before ", what);
		if (seen > 0 && !hold_is_held()) {
			end = memchr(line + length, '\n', (size_t)seen);
			seen = read(
				fds_channel(), line + length, end ? (size_t)(end + 1 - line) - length : (size_t)seen);
		}
		if (seen < 0)
			fail("read ", what);
		length += (size_t)seen;
	} while (length == 0 || line[length - 1] != '\n');
	return length - 1;
}

/* Waits for the one message that may come now. A closed channel and a wrong message are two different errors. */
void sync_wait(const char *type)
{
	static const char *choices[] = {"", NULL};
	static const struct json_field fields[] = {
		{.name = "type", .kind = JSON_STRING, .required = true, .format = EXACT, .choices = choices},
	};
	static const struct json_type message = {sizeof(char *), fields, 1};
	char line[256];
	size_t length = sync_line(line, sizeof(line), type);
	char *received;

	choices[0] = type;
	json_decode(line, length, &message, (void *)&received);
}
