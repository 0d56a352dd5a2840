/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends in one of many ways, for the comparison with how it ends without procready:
 *
 *   die abort        abort(3)
 *   die signal N     sends itself a signal
 *   die wait         prints "ready" and waits for one
 *   die once         the same; at the first SIGINT it prints "once", and the next is its end
 *   die again        the same; at SIGTERM it does what it has to do, and then sends itself another one
 *   die spin         uses the processor
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *line)
{
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		_exit(125);
}

static void once(int number)
{
	signal(number, SIG_DFL);
	say("once\n");
}

static void again(int number)
{
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "spin") == 0)
		for (volatile unsigned long turns = 0;;)
			turns++;
	if (strcmp(how, "signal") == 0 && argc == 3)
		kill(getpid(), atoi(argv[2]));
	else if (strcmp(how, "once") == 0)
		signal(SIGINT, once);
	else if (strcmp(how, "again") == 0)
		signal(SIGTERM, again);
	else if (strcmp(how, "wait") != 0)
		return 125;
	say("ready\n");
	for (;;)
		pause();
}
