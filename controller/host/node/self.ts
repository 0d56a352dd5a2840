/** What this process is, by Node. */

import { signalName, signalNumber, signalNumbers } from '../../model/numbers.js';
import type { Self } from '../interface.js';

export function self(): Self {
	return {
		pid: process.pid,
		uid: process.geteuid?.() ?? 0,
		gid: process.getegid?.() ?? 0,
		environment: process.env,
		directory: directory(),
		ignoredSignals: ignored,
	};
}

/** Numbers of signals. */
let ignored: readonly number[] = [];

/** SIGCHLD tells the shim of ends; the others are for nobody to ignore. */
const neverIgnored: readonly (string | undefined)[] = ['SIGKILL', 'SIGSTOP', 'SIGCHLD'];

/** A function for them would be called for ever, as the cause stays; SIGPROF is V8's. */
const untouched: readonly string[] = 'ILL TRAP BUS FPE SEGV TTIN TTOU PROF SYS'.split(' ').map((name) => `SIG${name}`);

/**
 * From now on this process ignores these signals, and hands that on to the programs of containers. Node has given all but
 * SIGPIPE and SIGXFSZ their default action before it ran a line of JavaScript.
 */
export function ignoreSignals(numbers: readonly number[]): void {
	ignored = numbers.filter((number) => !neverIgnored.includes(signalName(number)));
	for (const number of ignored) {
		const name = signalName(number);
		if (name in signalNumbers && !untouched.includes(name)) process.on(name, () => {});
	}
}

/** Those of the signals that are not ignored. */
export function heeded(signals: readonly NodeJS.Signals[]): NodeJS.Signals[] {
	return signals.filter((signal) => !ignored.includes(signalNumber(signal)));
}

function directory(): string | undefined {
	try {
		return process.cwd();
	} catch {
		return undefined; // it was removed
	}
}
