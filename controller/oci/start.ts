/** `start`: lets a held init become the program, and sees that it did. */

import { letRun } from '../container/held.js';
import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { statusOf } from './status.js';
import { alone, directoryOf, type Entry, save } from './store.js';
import { textsOf, turnsOfStart } from './turns.js';

export async function start(root: string, id: string, warn: (text: string) => void): Promise<void> {
	await alone(root, id, async (entry) => {
		const { facts, hasProcess } = entry;
		const status = statusOf(entry);
		if (status !== 'created' || !facts)
			throw new ProcreadyError('not-running', `container ${id} is ${status}: only one that is created can be started`);
		if (!hasProcess)
			throw new ProcreadyError('option-invalid', 'config.json has no process, so there is nothing to start', {
				where: '/process',
			});
		for (const text of changedLimits(entry)) warn(text);
		const startedAt = machine.monotonic();
		await turnsOfStart(entry, facts.pid, () => letRun(directoryOf(root, id), facts.pid));
		save(root, { ...entry, facts: { ...facts, startedAt } });
	});
}

/** Limits that are not what they were when the container was created: somebody else has written them. */
function changedLimits({ plan, held = {}, changes }: Entry): string[] {
	if (changes.length > 0) return []; // by `update`
	const now = textsOf(plan.late);
	return Object.keys(held)
		.filter((path) => now[path] !== held[path])
		.map((path) => `${path} holds ${now[path]} in the place of ${held[path]}: somebody has changed it since create`);
}
