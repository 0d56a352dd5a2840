/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in a buffer of its user's. It is cut where the buffer ends, with room kept for what closes a message, so that a
 * long path can spoil neither the JSON nor the single write.
 */

#include "shim.h"

#include <string.h>

enum {
	CLOSING = 8,       /* bytes kept for `"}\n` and a NUL */
	STRING_MAX = 1536, /* bytes a JSON string may take: three of them fit into one message */
};

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

/* The decimal number at the text, after white space; *end is behind it. */
long long text_decimal(const char *text, const char **end)
{
	long long number = 0;

	text += strspn(text, " \t");
	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	if (end)
		*end = text;
	return number;
}

/* The length of the well-formed UTF-8 character at string, 0 where there is none (RFC 3629). */
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

		if (length == 0) { /* file names are bytes: U+FFFD stands for what is not text */
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
