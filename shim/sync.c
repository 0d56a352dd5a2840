/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message out, one message in. Messages that leave are built in place and cut at MESSAGE_MAX, with room kept
 * for what closes them, so that a long path can spoil neither the JSON nor the single write.
 */

#include "shim.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CLOSING = 8,       /* bytes kept for `"}\n` and a NUL */
	STRING_MAX = 1536, /* bytes a JSON string may take: three of them fit into one message */
};

static int channel = CHANNEL;
static long long shift; /* of CLOCK_MONOTONIC, in microseconds */

int sync_channel(void)
{
	return channel;
}

/* The program may want the number. */
void sync_move(int fd)
{
	channel = fd;
}

/* The clock of this process was set forward; the controller compares times of both. */
void sync_shift(long long microseconds)
{
	shift = microseconds;
}

void text_add(struct text *text, const char *string)
{
	while (*string && text->length < text->size - CLOSING)
		text->bytes[text->length++] = *string++;
}

/* As a C string. */
const char *text_end(struct text *text)
{
	text->bytes[text->length] = '\0';
	return text->bytes;
}

void text_number(struct text *text, long long number)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	unsigned long long rest = number < 0 ? -(unsigned long long)number : (unsigned long long)number;

	*--at = '\0';
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--at = '-';
	text_add(text, at);
}

/* The length of the well-formed UTF-8 character at string, 0 when there is none (RFC 3629). */
size_t text_utf8_length(const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		(s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

void text_json(struct text *text, const char *string)
{
	static const char hex[] = "0123456789abcdef";
	size_t end = text->length + STRING_MAX;

	text_add(text, "\"");
	while (*string && text->length + 8 < end) {
		char piece[8] = {0};
		size_t length = text_utf8_length(string);

		if (length == 0) { /* file names are bytes: U+FFFD stands for what is no text */
			memcpy(piece, "\xef\xbf\xbd", 3);
			length = 1;
		} else if (*string == '"' || *string == '\\') {
			piece[0] = '\\';
			piece[1] = *string;
		} else if ((unsigned char)*string < 0x20) {
			memcpy(piece, "\\u00", 4);
			piece[4] = hex[*string >> 4];
			piece[5] = hex[*string & 15];
		} else {
			memcpy(piece, string, length);
		}
		text_add(text, piece);
		string += length;
	}
	text_add(text, *string ? "…\"" : "\"");
}

/* Microseconds. */
long long sync_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void sync_begin(struct text *message, const char *type)
{
	message->length = 0;
	text_add(message, "{\"type\":");
	text_json(message, type);
	sync_member(message, "time", sync_time() - shift);
}

void sync_member(struct text *message, const char *name, long long number)
{
	text_add(message, ",");
	text_json(message, name);
	text_add(message, ":");
	text_number(message, number);
}

/* A controller that is gone is no failure of its own: whoever waits for it sees the end of the channel. */
bool sync_send(struct text *message)
{
	memcpy(message->bytes + message->length, "}\n", 2);
	return send(channel, message->bytes, message->length + 2, MSG_NOSIGNAL) > 0;
}

/*
 * Reads one line and takes nothing behind it: the next message may be there already, and be for the other process.
 * Returns its length without the line feed, which stays in line.
 */
size_t sync_line(char *line, size_t size, const char *what)
{
	size_t length = 0;

	do {
		ssize_t seen = recv(channel, line + length, size - length, MSG_PEEK);
		const char *end;

		if (seen < 0 && errno == EINTR)
			continue;
		if (length == size)
			failx(what, " is too long");
		if (seen == 0)
			failx("the controller closed the channel before ", what);
		if (seen > 0) {
			end = memchr(line + length, '\n', (size_t)seen);
			seen = read(channel, line + length, end ? (size_t)(end + 1 - line) - length : (size_t)seen);
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
