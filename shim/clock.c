/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of the controller, in microseconds: CLOCK_MONOTONIC, also where that of this process was set forward. */

#include "shim.h"

#include <time.h>

static long long shift;

void clock_shift(long long microseconds)
{
	shift = microseconds;
}

long long clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000 - shift;
}
