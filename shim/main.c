/* SPDX-License-Identifier: Apache-2.0 */
/* Read the config, run the steps. */

#include "shim.h"

#include <string.h>
#include <unistd.h>

static void print(const char *string)
{
	if (write(STDOUT_FILENO, string, strlen(string)) < 0)
		_exit(125);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		print("procready-shim " VERSION "\n");
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--steps") == 0) {
		steps_print();
		return 0;
	}
	if ((argc == 2 || argc == 5) && strcmp(argv[1], "--sealed") == 0)
		steps_sealed(argv);
	if (argc == 4 && strcmp(argv[1], "--starter") == 0)
		steps_starter(argv[2], argv[3]);
	else if (argc != 1) {
		print("usage: procready-shim [--version | --steps | [--sealed] [--starter LAUNCHES STDIO]]\n"
		      "Without --version or --steps it reads its config from fd 3; procready starts it so.\n"
		      "--sealed: from a copy of itself in memory, which nobody can change.\n"
		      "--starter: for several, each with its channel from fd 3 on and a pipe for each p of STDIO:\n"
		      "that is a letter for each of fd 0, 1, 2; i is inherited, n is /dev/null, p is a pipe.\n");
		return 125;
	}
	steps_outer(config_read());
	return 0;
}
