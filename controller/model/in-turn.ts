/** For clean-ups, and for whatever else must not be kept from running by what failed before it. */

/** Runs the steps one after the other. Whatever fails, the rest goes on; rejects with what failed first. */
export async function allInTurn(...steps: readonly (() => unknown)[]): Promise<void> {
	const failures: unknown[] = [];
	for (const step of steps)
		try {
			await step();
		} catch (error) {
			failures.push(error);
		}
	if (failures.length > 0) throw failures[0];
}
