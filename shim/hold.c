/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An init that is held: made and limited now, let go later, by somebody else. Nothing of ours stays beside it, so it no
 * longer dies with the outer, and who has called the controller becomes its parent (a subreaper, prctl(2)).
 *
 * Afterwards it is spoken to through two FIFOs, which the outer makes and opens before the clone: the init, whose
 * limits are in force by then, opens nothing. procRun comes through the one; what went wrong is said through the other,
 * whose end means that the init became the program, or died.
 */

#include "shim.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each is open for both directions: so neither is ever at its end in the init, and nobody is waited for. */
static int start = -1, answer = -1;
static bool held;

static int make(const char *directory, const char *name)
{
	TEXT(path, PATH_MAX);
	int file;

	text_add(&path, directory);
	text_add(&path, name);
	if (mkfifo(text_end(&path), 0600) < 0)
		fail("make the FIFO ", path.bytes);
	file = open(path.bytes, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		fail("open the FIFO ", path.bytes);
	return file;
}

void hold_open(const struct config *config)
{
	if (!config->hold)
		return;
	if (config->process_1 || config->forks.given || config->parent_death_signal.given ||
		config_relays_console(config))
		failx("hold: process 1, forks, parentDeathSignal and a terminal without a socket need the outer to "
		      "stay");
	start = make(config->hold, "/start");
	answer = make(config->hold, "/answer");
	fds_keep(&start, OUTER_AND_INIT);
	fds_keep(&answer, OUTER_AND_INIT);
}

bool hold_is_held(void)
{
	return held;
}

/* Where a message goes that is not for the controller any more; -1: it is. */
int hold_answer(void)
{
	return held ? answer : -1;
}

/* The byte tells the outer that it is not needed any more. Where that has died already, SIGPIPE ends the init too. */
void hold_wait(void)
{
	sync_wait("procHold");
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		fail("prctl PR_SET_PDEATHSIG");
	if (write(child.alive, "", 1) < 0)
		fail("tell the outer");
	held = true;
	close(fds_channel());
	fds_move_channel(start);
	sync_wait("procRun");
}
