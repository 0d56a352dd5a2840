/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Report and exit. The shim never recovers: one procError line in one write, then _exit. The text is the call and
 * its operands, lower case, no full stop; where the kernel's words mislead, the caller of fail() set a better errno
 * or said it in its own.
 */

#include "shim.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

bool fail_report(int error, const char *pointer, const char *const *what)
{
	TEXT(message, MESSAGE_MAX);
	TEXT(sentence, MESSAGE_MAX);

	for (; *what; what++)
		text_add(&sentence, *what);
	if (error) {
		text_add(&sentence, ": ");
		text_add(&sentence, strerror(error));
	}

	sync_begin(&message, "procError");
	text_add(&message, ",\"step\":");
	text_json(&message, step_name());
	sync_member(&message, "errno", error);
	if (pointer) {
		text_add(&message, ",\"pointer\":");
		text_json(&message, pointer);
	}
	text_add(&message, ",\"message\":");
	text_json(&message, text_end(&sentence));
	return sync_try(&message);
}

static void (*release)(const struct config *config);
static const struct config *released;

/* What is done by a process that fails before it exits, again where that fails; NULL: nothing. */
void fail_release(void (*how)(const struct config *config), const struct config *config)
{
	release = how;
	released = config;
}

/*
 * Stays until the controller has closed the channel. It may be writing the next message just now: an end of ours that
 * is closed would fail that, and the report would be lost on the way.
 */
_Noreturn void fail_exit(int error, const char *pointer, const char *const *what)
{
	char ignored[64];
	bool is_reported = fail_report(error, pointer, what);

	while (is_reported && !hold_is_held() && read(fds_channel(), ignored, sizeof(ignored)) > 0)
		continue;
	if (release)
		release(released);
	_exit(is_reported ? REPORTED : UNREPORTED);
}

enum { WHAT_MAX = 15 };

/* Never returns, so that nobody can va_end. */
static _Noreturn void fail_with(int error, const char *what, va_list more)
{
	const char *list[WHAT_MAX + 1] = {what};

	for (int i = 1; i < WHAT_MAX && list[i - 1]; i++)
		list[i] = va_arg(more, const char *);
	fail_exit(error, NULL, list);
}

_Noreturn void fail_errno(const char *what, ...)
{
	va_list more;

	va_start(more, what);
	fail_with(errno, what, more);
}

_Noreturn void fail_plain(const char *what, ...)
{
	va_list more;

	va_start(more, what);
	fail_with(0, what, more);
}
