/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The characters of a JSON text (RFC 8259, I-JSON): strings, which are unescaped where they stand, integers and
 * booleans. What is wrong is refused with the pointer to where it is.
 */

#include "shim.h"

#include <string.h>

enum { POINTER_MAX = 512 };

/* ---- the pointer ---------------------------------------------------------------------------------------- */

/* RFC 6901; cut where it would be longer than any pointer of ours can be */
static void add_token(struct text *pointer, const char *member, size_t index)
{
	text_add(pointer, "/");
	if (!member) {
		text_number(pointer, (long long)index);
		return;
	}
	for (; *member && pointer->length < POINTER_MAX; member++)
		text_add(pointer, *member == '~' ? "~0" : *member == '/' ? "~1" : (char[]){*member, 0});
}

_Noreturn void json_refuse(const char *pointer, const char *why)
{
	fail_exit(0, pointer, (const char *const[]){why, NULL});
}

/* What is being read. */
_Noreturn void json_reject(const struct json_reader *r, const char *why, const char *operand)
{
	TEXT(pointer, POINTER_MAX + 64);

	for (size_t i = 0; i < r->depth; i++)
		add_token(&pointer, r->path[i].member, r->path[i].index);
	fail_exit(0, text_end(&pointer), (const char *const[]){why, operand, NULL});
}

/* ---- what stands between values ------------------------------------------------------------------------ */

void json_space(struct json_reader *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
		r->at++;
}

bool json_next(struct json_reader *r, char c)
{
	json_space(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* ---- strings -------------------------------------------------------------------------------------------- */

static unsigned hex4(const struct json_reader *r, const char *digits)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)digits[i];
		unsigned digit = c - '0';

		if (digit > 9) {
			digit = (c | 0x20U) - 'a' + 10;
			if (digit < 10 || digit > 15)
				json_reject(r, "a \\u escape without four hexadecimal digits", NULL);
		}
		value = value * 16 + digit;
	}
	return value;
}

static unsigned unicode_escape(const struct json_reader *r, const char **at)
{
	unsigned code = hex4(r, *at);

	*at += 4;
	if (code == 0)
		json_reject(r, "holds a NUL character", NULL);
	if (code >= 0xd800 && code <= 0xdbff && (*at)[0] == '\\' && (*at)[1] == 'u') {
		unsigned low = hex4(r, *at + 2);

		if (low >= 0xdc00 && low <= 0xdfff) {
			*at += 6;
			return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	if (code >= 0xd800 && code <= 0xdfff)
		json_reject(r, "holds half of a surrogate pair", NULL);
	return code;
}

static char *put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*out++ = (char)(0xe0 | code >> 12);
		} else {
			*out++ = (char)(0xf0 | code >> 18);
			*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (code & 0x3f));
	return out;
}

/* An escape is never shorter than what it stands for, so the text can be rewritten in place. */
static char *escape(const struct json_reader *r, const char **at, char *out)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char c = *(*at)++;
	const char *known = c ? strchr(escapes, c) : NULL;

	if (c == 'u')
		return put_utf8(out, unicode_escape(r, at));
	if (!known)
		json_reject(r, "holds an unknown escape", NULL);
	*out++ = meanings[known - escapes];
	return out;
}

/* ASCII that stands for itself */
static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

char *json_string(struct json_reader *r)
{
	char *start, *out;
	const char *at;

	if (!json_next(r, '"'))
		json_reject(r, "must be a string", NULL);
	start = out = r->at;
	at = start;
	for (;;) {
		size_t length;

		while (is_plain(*at)) /* nearly all there is */
			*out++ = *at++;
		if (*at == '"')
			break;
		if (at == r->end)
			json_reject(r, "the text ends inside a string", NULL);
		length = text_utf8_length(at);
		if (length == 0)
			json_reject(r, "holds invalid UTF-8", NULL);
		if ((unsigned char)*at < 0x20)
			json_reject(r, "holds a control character", NULL);
		if (*at == '\\') {
			at++;
			out = escape(r, &at, out);
			continue;
		}
		memmove(out, at, length);
		out += length;
		at += length;
	}
	r->at += at + 1 - start;
	*out = '\0';
	return start;
}

/* ---- booleans and integers ------------------------------------------------------------------------------- */

/* A word such as true or 12, of which nothing may be left over: 12x is not a number, and truest is not a boolean. */
static bool ends_word(char c)
{
	return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
		 c == '+' || c == '-');
}

bool json_boolean(struct json_reader *r)
{
	static const char *const words[] = {"false", "true"};

	json_space(r);
	for (int i = 0; i < 2; i++) {
		size_t length = strlen(words[i]);

		if (strncmp(r->at, words[i], length) == 0 && ends_word(r->at[length])) {
			r->at += length;
			return i;
		}
	}
	json_reject(r, "must be true or false", NULL);
}

static _Noreturn void out_of_range(const struct json_reader *r, long long least, long long most)
{
	TEXT(range, 64);

	text_number(&range, least);
	text_add(&range, " to ");
	text_number(&range, most);
	json_reject(r, "must be an integer from ", text_end(&range));
}

/* Digits only: a fraction or an exponent is not an integer here, even where its value is one. */
long long json_integer(struct json_reader *r, long long least, long long most)
{
	bool negative;
	long long magnitude = 0;
	const char *digits;

	json_space(r);
	negative = *r->at == '-';
	digits = r->at += negative;
	for (; *r->at >= '0' && *r->at <= '9'; r->at++)
		if (magnitude <= INTEGER_MAX)
			magnitude = magnitude * 10 + (*r->at - '0');
	if (r->at == digits || (*digits == '0' && r->at > digits + 1) || !ends_word(*r->at))
		out_of_range(r, least, most);
	if (negative)
		magnitude = -magnitude;
	if (magnitude < least || magnitude > most)
		out_of_range(r, least, most);
	return magnitude;
}

static unsigned hexadecimal_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* A string of format INSTRUCTIONS becomes the bytes that it stands for, where it is; returns how many. */
size_t json_bytes(char *digits)
{
	size_t size = strlen(digits) / 2;

	for (size_t i = 0; i < size; i++)
		digits[i] = (char)(hexadecimal_digit(digits[2 * i]) << 4 | hexadecimal_digit(digits[2 * i + 1]));
	return size;
}
