/**
 * Signals go to the program, as often as they come; the third SIGINT or SIGTERM kills all of it. Before there is a program
 * the first one of those that are to end it ends the launch.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Announced } from '../host/node/lines.js';
import { heeded } from '../host/node/self.js';
import { hasTerminal, signalTo } from '../host/processes.js';

/** Those that are to end a program. */
const ending: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];
const telling: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2'];
/** Those that people send again when nothing happens, and how often they do before all of it is killed. */
const insisting: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
const patience = 2;
/** Those of the keys of a terminal, which sends them to all processes of a job. */
const keys: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/** The channel of node:diagnostics_channel on which the messages of a launch are announced: ../host/node/lines.ts. */
const messages = 'procready:message';

interface Program {
	pid: number;
	kill(signal: NodeJS.Signals): boolean;
}

export interface Signals extends Disposable {
	/** Fires where there is no program yet, and none that may have begun. */
	readonly abort: AbortSignal;
	/** The first that came of those that are to end a program. */
	readonly received: NodeJS.Signals | undefined;
	/** From now on signals are for this program, also those that came before it was known. */
	forwardTo(program: Program): void;
	/** As if SIGHUP had come, unless a signal has come already. */
	hangUp(): void;
}

/** Catches the signals until it is disposed of. */
export function catchSignals(): Signals {
	const abort = new AbortController();
	const early: NodeJS.Signals[] = [];
	let program: Program | undefined;
	let received: NodeJS.Signals | undefined;
	let insisted = 0;
	let mayRun = false;
	// from then on the program may have begun before this process learns of it, and have printed that it is ready
	const look = (announced: unknown) => {
		mayRun ||= (announced as Announced).message.type === 'procRun';
	};
	subscribe(messages, look);
	const deliver = (signal: NodeJS.Signals) => {
		if (ending.includes(signal)) received ??= signal;
		if (insisting.includes(signal)) insisted++;
		if (program && insisted > patience) program.kill('SIGKILL');
		else if (program) forward(program, signal);
		else if (ending.includes(signal) && (!mayRun || insisted > patience)) abort.abort();
		else early.push(signal);
	};
	const caught = heeded([...ending, ...telling]);
	for (const signal of caught) process.on(signal, deliver);
	return {
		abort: abort.signal,
		get received() {
			return received;
		},
		forwardTo(started) {
			program = started;
			for (const signal of early.splice(0)) forward(started, signal);
		},
		hangUp() {
			if (received === undefined) deliver('SIGHUP');
		},
		[Symbol.dispose]() {
			for (const signal of caught) process.off(signal, deliver);
			unsubscribe(messages, look);
		},
	};
}

/** A key is for the whole job; the program leads a process group of its own, which the terminal knows nothing of. */
function forward(program: Program, signal: NodeJS.Signals): void {
	if (keys.includes(signal) && hasTerminal()) signalTo(-program.pid, signal);
	else program.kill(signal);
}
