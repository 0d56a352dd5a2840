/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict decoding of one JSON text into one struct, in one pass and in place: lists of strings take slots of a fixed
 * pool (one text with lists lives at a time). Whatever the tables do not name is refused where it begins, so nothing is
 * ever skipped and the depth is that of the tables.
 */

#include "shim.h"

#include <string.h>

enum {
	INSTRUCTION = 16, /* hexadecimal digits of a struct sock_filter, and of a struct bpf_insn */
	/* every list of strings at its longest, each with its NULL; env with three slots more, for HOME, USER and
	   LOGNAME */
	SLOTS = 2 * (ARGS_MAX + 1) + 3 + MOUNTS_MAX * (DATA_MAX + 1) + 2 * (PATHS_MAX + 1) + SYSCTLS_MAX + 1 +
		GROUPS_MAX + 1 + 2 * (CGROUPS_MAX + 1),
};

char *json_slots[SLOTS] LARGE;

static void object(struct json_reader *r, const struct json_type *type, char *into);

static void check(const struct json_reader *r, const struct json_field *field, const char *s)
{
	const char *equals;
	size_t length;

	switch ((enum json_format)field->format) {
	case TEXT:
		return;
	case NON_EMPTY:
		if (*s)
			return;
		json_reject(r, "must not be empty", NULL);
	case ABSOLUTE_PATH:
		if (*s == '/')
			return;
		json_reject(r, "must be an absolute path", NULL);
	case NEW_OR_PATH:
		if (*s == '/' || strcmp(s, "new") == 0)
			return;
		json_reject(r, "must be \"new\" or an absolute path", NULL);
	case INSTRUCTIONS:
		length = strspn(s, "0123456789abcdef");
		if (length == 0 || length % INSTRUCTION || s[length])
			json_reject(r, "must be groups of 16 hexadecimal digits in lower case", NULL);
		if (length / INSTRUCTION > FILTER_MAX)
			json_reject(r, "is longer than a seccomp program can be", NULL);
		return;
	case KEY_VALUE:
		equals = strchr(s, '=');
		if (equals && equals != s)
			return;
		json_reject(r, "must be KEY=VALUE, not ", s);
	case EXACT:
		if (strcmp(s, field->choices[0]) == 0)
			return;
		json_reject(r, "must be ", field->choices[0]);
	}
}

static char *checked_string(struct json_reader *r, const struct json_field *field)
{
	char *s = json_string(r);

	check(r, field, s);
	return s;
}

static int choice(struct json_reader *r, const struct json_field *field)
{
	const char *s = json_string(r);

	for (int i = 0; field->choices[i]; i++)
		if (strcmp(field->choices[i], s) == 0)
			return i;
	json_reject(r, "has an unknown value: ", s);
}

static char **take_slot(struct json_reader *r)
{
	if (r->slots_used == SLOTS)
		json_reject(r, "is one string too many", NULL);
	return &json_slots[r->slots_used++];
}

/* Calls item for each, with the index as the last token of the path; returns how many there were. */
static size_t list(struct json_reader *r, const struct json_field *field,
	void (*item)(struct json_reader *r, const struct json_field *field, size_t index, void *into), void *into)
{
	size_t count = 0;

	if (!json_next(r, '['))
		json_reject(r, "must be an array", NULL);
	if (!json_next(r, ']')) {
		do {
			r->path[r->depth].member = NULL;
			r->path[r->depth++].index = count;
			if (count == field->max)
				json_reject(r, "is one item too many", NULL);
			item(r, field, count++, into);
			r->depth--;
		} while (json_next(r, ','));
		if (!json_next(r, ']'))
			json_reject(r, "a comma or the end of the array is missing", NULL);
	}
	if (count < field->min)
		json_reject(r, "has too few items", NULL);
	return count;
}

static void string_item(struct json_reader *r, const struct json_field *field, size_t index, void *into)
{
	(void)index;
	(void)into;
	*take_slot(r) = checked_string(r, field);
}

static void object_item(struct json_reader *r, const struct json_field *field, size_t index, void *into)
{
	object(r, field->type, (char *)into + index * field->type->size);
}

static void integer_item(struct json_reader *r, const struct json_field *field, size_t index, void *into)
{
	((long long *)into)[index] = json_integer(r, field->least, field->most);
}

static void set_item(struct json_reader *r, const struct json_field *field, size_t index, void *into)
{
	uint64_t bit = 1ULL << choice(r, field);

	(void)index;
	if (*(uint64_t *)into & bit)
		json_reject(r, "is there twice", NULL);
	*(uint64_t *)into |= bit;
}

static uint32_t choices_count(const struct json_field *field)
{
	uint32_t count = 0;

	while (field->choices[count])
		count++;
	return count;
}

static void value(struct json_reader *r, const struct json_field *field, char *into)
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
		*(bool *)to = json_boolean(r);
		break;
	case JSON_INTEGER:
		*(struct integer *)to = (struct integer){
			.given = true, .value = json_integer(r, field->least, field->most)};
		break;
	case JSON_STRINGS: {
		struct strings *strings = to;

		strings->list = &json_slots[r->slots_used];
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

static void object(struct json_reader *r, const struct json_type *type, char *into)
{
	uint64_t seen = 0;

	if (!json_next(r, '{'))
		json_reject(r, "must be an object", NULL);
	if (!json_next(r, '}')) {
		do {
			const char *name = json_string(r);
			const struct json_field *field = find(type, name);
			uint64_t bit = field ? 1ULL << (field - type->fields) : 0;

			r->path[r->depth++].member = name;
			if (!field)
				json_reject(r, "is not a known member", NULL);
			if (seen & bit)
				json_reject(r, "is given twice", NULL);
			seen |= bit;
			if (!json_next(r, ':'))
				json_reject(r, "a colon is missing", NULL);
			value(r, field, into);
			r->depth--;
		} while (json_next(r, ','));
		if (!json_next(r, '}'))
			json_reject(r, "a comma or the end of the object is missing", NULL);
	}
	for (size_t i = 0; i < type->count; i++)
		if (type->fields[i].required && !(seen & 1ULL << i)) {
			r->path[r->depth++].member = type->fields[i].name;
			json_reject(r, "is missing", NULL);
		}
}

/* text[length] must be writable. */
void json_decode(char *text, size_t length, const struct json_type *type, void *into)
{
	struct json_reader r = {.at = text, .end = text + length};

	text[length] = '\0';
	object(&r, type, into);
	json_space(&r);
	if (r.at != r.end)
		json_reject(&r, "something follows the value", NULL);
}
