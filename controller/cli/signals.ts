/** Signals go to the program; a second one of those that end a program kills all of it. */
import { fateOf } from '../container/signal-fate.js';

const ending: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];
const telling: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2'];

interface Program {
	pid: number;
	kill(signal: NodeJS.Signals): boolean;
}

export interface Signals extends Disposable {
	/** Fires when a second signal comes while there is no program yet. */
	readonly abort: AbortSignal;
	/** The first that came. */
	readonly received: NodeJS.Signals | undefined;
	/** From now on signals are for this program, also one that came before. */
	forwardTo(program: Program): void;
	/** As if SIGHUP had come, unless a signal has come already. */
	hangUp(): void;
}

/** Catches the signals until it is disposed of. */
export function catchSignals(): Signals {
	const abort = new AbortController();
	let program: Program | undefined;
	let received: NodeJS.Signals | undefined;
	let check: NodeJS.Timeout | undefined;
	const end = (target: Program, signal: NodeJS.Signals, isFirst: boolean) => {
		const fate = isFirst ? fateOf(target.pid, signal) : 'dropped';
		target.kill(fate === 'dropped' ? 'SIGKILL' : signal);
		if (fate !== 'blocked') return;
		check = setTimeout(() => fateOf(target.pid, signal) === 'dropped' && target.kill('SIGKILL'), patience);
	};
	const deliver = (signal: NodeJS.Signals) => {
		const isFirst = received === undefined;
		received ??= signal;
		if (program) end(program, signal, isFirst);
		else if (!isFirst) abort.abort();
	};
	const tell = (signal: NodeJS.Signals) => void program?.kill(signal);
	for (const signal of ending) process.on(signal, deliver);
	for (const signal of telling) process.on(signal, tell);
	return {
		abort: abort.signal,
		get received() {
			return received;
		},
		forwardTo(started) {
			program = started;
			if (received) end(started, received, true);
		},
		hangUp() {
			if (received === undefined) deliver('SIGHUP');
		},
		[Symbol.dispose]() {
			clearTimeout(check);
			for (const signal of ending) process.off(signal, deliver);
			for (const signal of telling) process.off(signal, tell);
		},
	};
}

/** Milliseconds. */
const patience = 100;
