/** The turns of a container's life at which something of others is called, or looked at again. OCI runtime.md, "Lifecycle". */

import { textIfThere } from '../host/if-there.js';
import { signalTo } from '../host/processes.js';
import type { LimitWrite } from '../model/plan.js';
import { type HookName, runHooks } from './hooks.js';
import { stateOf } from './status.js';
import type { Entry } from './store.js';

/** Those that come between the mounts and the root. */
export const earlyHooks: readonly HookName[] = ['prestart', 'createRuntime', 'createContainer'];

/** What the files of the limits hold, by their paths. */
export function textsOf(writes: readonly LimitWrite[]): Record<string, string> {
	const paths = writes.flatMap(({ directory, files }) => files.map(({ file }) => `${directory.path}/${file}`));
	return Object.fromEntries(
		paths.flatMap((path) => {
			const text = textIfThere(path);
			return text === undefined ? [] : [[path, text]];
		}),
	);
}

/** `run` lets the program go. A hook that fails before or after ends the container, and its error is what is thrown. */
export async function turnsOfStart(entry: Entry, pid: number, run: () => Promise<void>): Promise<void> {
	try {
		await runHooks(entry.hooks, 'startContainer', { ...stateOf(entry, 'created'), pid });
		await run();
		await runHooks(entry.hooks, 'poststart', { ...stateOf(entry, 'running'), pid });
	} catch (error) {
		signalTo(pid, 'SIGKILL');
		throw error;
	}
}

/** When nothing of it is left: what a hook comes to changes nothing any more, and is only said. */
export async function afterStop(
	entry: Entry,
	report: { procready?: unknown },
	warn: (text: string) => void,
): Promise<void> {
	await runHooks(entry.hooks, 'poststop', { ...stateOf(entry, 'stopped'), ...report }).catch((error: Error) =>
		warn(error.message),
	);
}
