/** Does what the schedule says to a container that runs, and notes what was done when. */

import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import type { Limits } from '../model/limit-options.js';
import type { Done, PlannedStep } from '../model/schedule.js';
import { resourcesOf } from '../plan/limit-options.js';
import { limitsOf } from '../plan/resources.js';
import { duration } from '../report/words.js';
import type { LiveContainer } from './live.js';
import { isDropped } from './signal-fate.js';

export interface Following {
	/** All that was done, in this order, and what was not. To be called when the program has ended. */
	end(): Promise<Done[]>;
}

type Container = Pick<LiveContainer, 'pid' | 'update' | 'pause' | 'resume' | 'kill' | 'events'>;

/** One part of a step: what it is called, and how it is done; resolves to what was done in truth. */
interface Act {
	did: string;
	run(): Promise<string | undefined>;
}

/** `now` gives milliseconds since the limits were in force. Steps of the same moment are done one after the other. */
export function follow(container: Container, schedule: readonly PlannedStep[], now: () => number): Following {
	const ended = new AbortController();
	const done: Done[] = [];
	const waiting = new Set(schedule);
	let queue = Promise.resolve();
	const begin = (step: PlannedStep) => {
		if (!waiting.delete(step)) return;
		queue = queue.then(() => perform(step));
	};
	const perform = async (step: PlannedStep) => {
		for (const { did, run } of actsOf(container, step, ended.signal)) {
			const time = ended.signal.aborted ? null : now();
			try {
				if (time === null) throw gone;
				done.push({ time, when: whenOf(step), did: (await run()) ?? did });
			} catch (error) {
				done.push({ time, when: whenOf(step), did, error: reasonOf(error, ended.signal) });
			}
		}
	};
	for (const step of schedule)
		if (step.at !== undefined)
			until(step.at, now, ended.signal).then(
				() => begin(step),
				() => {}, // the program has ended
			);
	const awaited = schedule.filter(({ on }) => on !== undefined);
	if (awaited.length > 0) void hear(container, awaited, begin, ended.signal);
	return {
		async end() {
			ended.abort();
			await queue;
			const never = [...waiting].flatMap((step) =>
				actsOf(container, step, ended.signal).map(({ did }) => ({
					time: null,
					when: whenOf(step),
					did,
					error: reasonOf(gone, ended.signal),
				})),
			);
			return [...done, ...never];
		},
	};
}

/** pid_namespaces(7). */
const dropped = (signal: string) =>
	`the program is process 1 of its pid namespace and has no handler for ${signal}, which the kernel therefore drops`;

const gone = new Error('the program had ended');

function reasonOf(error: unknown, ended: AbortSignal): string {
	if (ended.aborted && !(error instanceof ProcreadyError && error.code !== 'not-running')) return gone.message;
	return (error as Error).message;
}

async function hear(
	container: Container,
	steps: readonly PlannedStep[],
	begin: (step: PlannedStep) => void,
	signal: AbortSignal,
): Promise<void> {
	for await (const { limit, total } of container.events({ signal }))
		for (const step of steps) if (step.on === limit && total >= (step.hits ?? 1)) begin(step);
}

function whenOf({ at, on, hits = 1 }: PlannedStep): string {
	if (at !== undefined) return `at ${duration(at)}`;
	return `on ${on}${hits > 1 ? `, hit ${hits} times` : ''}`;
}

function actsOf(container: Container, { set, signal, freeze }: PlannedStep, ended: AbortSignal): Act[] {
	const acts: Act[] = [];
	if (set)
		acts.push({
			did: asked(set),
			run: async () => (await container.update(set)).map(({ limit, value }) => `${limit}=${value}`).join(', '),
		});
	if (signal)
		acts.push({
			did: signal,
			run: async () => {
				if (isDropped(container.pid, signal)) throw new Error(dropped(signal));
				if (!container.kill(signal)) throw gone;
				return undefined;
			},
		});
	if (freeze !== undefined)
		acts.push({
			did: `freeze ${duration(freeze)}`,
			run: async () => {
				await container.pause();
				await machine.sleep(freeze, ended).catch(() => {});
				if (!ended.aborted) await container.resume();
				return undefined;
			},
		});
	return acts;
}

/** In the words of the files. */
function asked(limits: Limits): string {
	return [...limitsOf(resourcesOf(limits))]
		.filter(([, { implied }]) => !implied)
		.map(([file, { asked }]) => `${file}=${asked}`)
		.join(', ');
}

/** A timer alone may be early: it counts from when the event loop looked at the clock. */
async function until(time: number, now: () => number, signal: AbortSignal): Promise<void> {
	do await machine.sleep(Math.max(0, Math.ceil(time - now())), signal);
	while (now() < time);
}
