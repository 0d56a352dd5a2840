/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict decoding of one JSON text (RFC 8259, I-JSON) into one struct, in one pass and in place: strings are
 * unescaped where they stand, lists of them take slots of a fixed pool (one text with lists lives at a time). Whatever
 * the tables do not name is refused where it begins, so nothing is ever skipped and the depth is that of the tables.
 */

#include "shim.h"

#include <stdint.h>
#include <string.h>

enum {
	DEPTH = 4,        /* of /mounts/0/idmap/uids and the like */
	INSTRUCTION = 16, /* hexadecimal digits of a struct sock_filter */
	POINTER_MAX = 512,
	/* every list of strings at its longest, each with its NULL; env with one slot more, for HOME */
	SLOTS = 2 * (ARGS_MAX + 1) + 1 + MOUNTS_MAX * (DATA_MAX + 1) + 2 * (PATHS_MAX + 1) + SYSCTLS_MAX + 1 +
		GROUPS_MAX + 1 + 2 * (CGROUPS_MAX + 1),
};

struct reader {
	char *at;
	char *end; /* a NUL stands here */
	struct {
		const char *member; /* NULL: an item of a list */
		size_t index;
	} path[DEPTH];
	size_t depth;
	size_t slots_used;
};

static char *slots[SLOTS];

/* ---- refusing ------------------------------------------------------------------------------------------- */

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

static _Noreturn void refuse(const struct reader *r, const char *why, const char *operand)
{
	TEXT(pointer, POINTER_MAX + 64);

	for (size_t i = 0; i < r->depth; i++)
		add_token(&pointer, r->path[i].member, r->path[i].index);
	fail_exit(0, text_end(&pointer), (const char *const[]){why, operand, NULL});
}

_Noreturn void json_refuse(const char *pointer, const char *why)
{
	fail_exit(0, pointer, (const char *const[]){why, NULL});
}

/* ---- the text ------------------------------------------------------------------------------------------- */

static void space(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
		r->at++;
}

static bool next(struct reader *r, char c)
{
	space(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static unsigned hex4(const struct reader *r, const char *digits)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)digits[i];
		unsigned digit = c - '0';

		if (digit > 9) {
			digit = (c | 0x20U) - 'a' + 10;
			if (digit < 10 || digit > 15)
				refuse(r, "a \\u escape without four hexadecimal digits", NULL);
		}
		value = value * 16 + digit;
	}
	return value;
}

static unsigned unicode_escape(const struct reader *r, const char **at)
{
	unsigned code = hex4(r, *at);

	*at += 4;
	if (code == 0)
		refuse(r, "holds a NUL character", NULL);
	if (code >= 0xd800 && code <= 0xdbff && (*at)[0] == '\\' && (*at)[1] == 'u') {
		unsigned low = hex4(r, *at + 2);

		if (low >= 0xdc00 && low <= 0xdfff) {
			*at += 6;
			return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	if (code >= 0xd800 && code <= 0xdfff)
		refuse(r, "holds half of a surrogate pair", NULL);
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
static char *escape(const struct reader *r, const char **at, char *out)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char c = *(*at)++;
	const char *known = c ? strchr(escapes, c) : NULL;

	if (c == 'u')
		return put_utf8(out, unicode_escape(r, at));
	if (!known)
		refuse(r, "holds an unknown escape", NULL);
	*out++ = meanings[known - escapes];
	return out;
}

/* ASCII that stands for itself */
static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static char *string(struct reader *r)
{
	char *start, *out;
	const char *at;

	if (!next(r, '"'))
		refuse(r, "must be a string", NULL);
	start = out = r->at;
	at = start;
	for (;;) {
		size_t length;

		while (is_plain(*at)) /* nearly all there is */
			*out++ = *at++;
		if (*at == '"')
			break;
		if (at == r->end)
			refuse(r, "the text ends inside a string", NULL);
		length = text_utf8_length(at);
		if (length == 0)
			refuse(r, "holds invalid UTF-8", NULL);
		if ((unsigned char)*at < 0x20)
			refuse(r, "holds a control character", NULL);
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

/* ---- the values ----------------------------------------------------------------------------------------- */

static void object(struct reader *r, const struct json_type *type, char *into);

static void check(const struct reader *r, const struct json_field *field, const char *s)
{
	const char *equals;
	size_t length;

	switch ((enum json_format)field->format) {
	case TEXT:
		return;
	case NON_EMPTY:
		if (*s)
			return;
		refuse(r, "must not be empty", NULL);
	case ABSOLUTE_PATH:
		if (*s == '/')
			return;
		refuse(r, "must be an absolute path", NULL);
	case NEW_OR_PATH:
		if (*s == '/' || strcmp(s, "new") == 0)
			return;
		refuse(r, "must be \"new\" or an absolute path", NULL);
	case INSTRUCTIONS:
		length = strspn(s, "0123456789abcdef");
		if (length == 0 || length % INSTRUCTION || s[length])
			refuse(r, "must be groups of 16 hexadecimal digits in lower case", NULL);
		if (length / INSTRUCTION > FILTER_MAX)
			refuse(r, "is longer than a seccomp program can be", NULL);
		return;
	case KEY_VALUE:
		equals = strchr(s, '=');
		if (equals && equals != s)
			return;
		refuse(r, "must be KEY=VALUE, not ", s);
	case EXACT:
		if (strcmp(s, field->choices[0]) == 0)
			return;
		refuse(r, "must be ", field->choices[0]);
	}
}

static char *checked_string(struct reader *r, const struct json_field *field)
{
	char *s = string(r);

	check(r, field, s);
	return s;
}

static int choice(struct reader *r, const struct json_field *field)
{
	const char *s = string(r);

	for (int i = 0; field->choices[i]; i++)
		if (strcmp(field->choices[i], s) == 0)
			return i;
	refuse(r, "has an unknown value: ", s);
}

/* A word such as true or 12, of which nothing may be left over: 12x is no number and truest no boolean. */
static bool ends_word(char c)
{
	return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
		 c == '+' || c == '-');
}

static bool boolean(struct reader *r)
{
	static const char *const words[] = {"false", "true"};

	space(r);
	for (int i = 0; i < 2; i++) {
		size_t length = strlen(words[i]);

		if (strncmp(r->at, words[i], length) == 0 && ends_word(r->at[length])) {
			r->at += length;
			return i;
		}
	}
	refuse(r, "must be true or false", NULL);
}

static _Noreturn void out_of_range(const struct reader *r, const struct json_field *field)
{
	TEXT(range, 64);

	text_number(&range, field->least);
	text_add(&range, " to ");
	text_number(&range, field->most);
	refuse(r, "must be an integer from ", text_end(&range));
}

/* Digits only: a fraction or an exponent is no integer here, even where its value is one. */
static long long integer(struct reader *r, const struct json_field *field)
{
	bool negative;
	long long magnitude = 0;
	const char *digits;

	space(r);
	negative = *r->at == '-';
	digits = r->at += negative;
	for (; *r->at >= '0' && *r->at <= '9'; r->at++)
		if (magnitude <= INTEGER_MAX)
			magnitude = magnitude * 10 + (*r->at - '0');
	if (r->at == digits || (*digits == '0' && r->at > digits + 1) || !ends_word(*r->at))
		out_of_range(r, field);
	if (negative)
		magnitude = -magnitude;
	if (magnitude < field->least || magnitude > field->most)
		out_of_range(r, field);
	return magnitude;
}

static char **take_slot(struct reader *r)
{
	if (r->slots_used == SLOTS)
		refuse(r, "one string too many", NULL);
	return &slots[r->slots_used++];
}

/* Calls item for each, with the index as the last token of the path; returns how many there were. */
static size_t list(struct reader *r, const struct json_field *field,
	void (*item)(struct reader *r, const struct json_field *field, size_t index, void *into), void *into)
{
	size_t count = 0;

	if (!next(r, '['))
		refuse(r, "must be an array", NULL);
	if (!next(r, ']')) {
		do {
			r->path[r->depth].member = NULL;
			r->path[r->depth++].index = count;
			if (count == field->max)
				refuse(r, "is one item too many", NULL);
			item(r, field, count++, into);
			r->depth--;
		} while (next(r, ','));
		if (!next(r, ']'))
			refuse(r, "a comma or the end of the array is missing", NULL);
	}
	if (count < field->min)
		refuse(r, "has too few items", NULL);
	return count;
}

static void string_item(struct reader *r, const struct json_field *field, size_t index, void *into)
{
	(void)index;
	(void)into;
	*take_slot(r) = checked_string(r, field);
}

static void object_item(struct reader *r, const struct json_field *field, size_t index, void *into)
{
	object(r, field->type, (char *)into + index * field->type->size);
}

static void integer_item(struct reader *r, const struct json_field *field, size_t index, void *into)
{
	((long long *)into)[index] = integer(r, field);
}

static void set_item(struct reader *r, const struct json_field *field, size_t index, void *into)
{
	uint64_t bit = 1ULL << choice(r, field);

	(void)index;
	if (*(uint64_t *)into & bit)
		refuse(r, "is there twice", NULL);
	*(uint64_t *)into |= bit;
}

static uint32_t choices_count(const struct json_field *field)
{
	uint32_t count = 0;

	while (field->choices[count])
		count++;
	return count;
}

static void value(struct reader *r, const struct json_field *field, char *into)
{
	void *to = into + field->offset;

	switch ((enum json_kind)field->kind) {
	case JSON_STRING:
		*(char **)to = checked_string(r, field);
		break;
	case JSON_CHOICE:
		*(int *)to = choice(r, field) + !field->required;
		break;
	case JSON_BOOLEAN:
		*(bool *)to = boolean(r);
		break;
	case JSON_INTEGER:
		*(struct integer *)to = (struct integer){.given = true, .value = integer(r, field)};
		break;
	case JSON_STRINGS: {
		struct strings *strings = to;

		strings->list = &slots[r->slots_used];
		strings->count = list(r, field, string_item, NULL);
		for (size_t i = 0; i <= field->spare; i++)
			*take_slot(r) = NULL;
		break;
	}
	case JSON_INTEGERS:
		*(size_t *)(into + field->count_offset) = list(r, field, integer_item, to);
		break;
	case JSON_SET: {
		struct json_field all = *field;

		all.max = choices_count(field);
		list(r, &all, set_item, to);
		break;
	}
	case JSON_OBJECT:
		*(bool *)to = true; /* the first member of such a struct says that it was there */
		object(r, field->type, to);
		break;
	case JSON_OBJECTS:
		*(size_t *)(into + field->count_offset) = list(r, field, object_item, to);
		break;
	}
}

static const struct json_field *find(const struct json_type *type, const char *name)
{
	for (size_t i = 0; i < type->count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

static void object(struct reader *r, const struct json_type *type, char *into)
{
	uint64_t seen = 0;

	if (!next(r, '{'))
		refuse(r, "must be an object", NULL);
	if (!next(r, '}')) {
		do {
			const char *name = string(r);
			const struct json_field *field = find(type, name);
			uint64_t bit = field ? 1ULL << (field - type->fields) : 0;

			r->path[r->depth++].member = name;
			if (!field)
				refuse(r, "is not a known member", NULL);
			if (seen & bit)
				refuse(r, "is given twice", NULL);
			seen |= bit;
			if (!next(r, ':'))
				refuse(r, "a colon is missing", NULL);
			value(r, field, into);
			r->depth--;
		} while (next(r, ','));
		if (!next(r, '}'))
			refuse(r, "a comma or the end of the object is missing", NULL);
	}
	for (size_t i = 0; i < type->count; i++)
		if (type->fields[i].required && !(seen & 1ULL << i)) {
			r->path[r->depth++].member = type->fields[i].name;
			refuse(r, "is missing", NULL);
		}
}

/* text[length] must be writable. */
void json_decode(char *text, size_t length, const struct json_type *type, void *into)
{
	struct reader r = {.at = text, .end = text + length};

	text[length] = '\0';
	object(&r, type, into);
	space(&r);
	if (r.at != r.end)
		refuse(&r, "something follows the value", NULL);
}
