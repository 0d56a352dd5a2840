/** Whether a signal reaches a program. */
import { machine } from '../host/machine.js';
import { signalNumber } from '../model/numbers.js';

/**
 * What becomes of a signal. For process 1 of a pid namespace the kernel drops those that would be its end by default
 * (pid_namespaces(7)), unless it catches or ignores them. One that is blocked may be waited for, by sigwait(3), which shows
 * it as not blocked meanwhile; or it is blocked only now, as a shell does it around a fork, and dropped a moment later.
 */
export function fateOf(pid: number, signal: NodeJS.Signals): 'taken' | 'blocked' | 'dropped' {
	const status = textOf(`/proc/${pid}/status`);
	if (!/^NSpid:.*\t1$/m.test(status)) return 'taken';
	const bit = 1n << BigInt(signalNumber(signal) - 1);
	const has = (mask: string) => {
		const hex = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0';
		return (BigInt(`0x${hex}`) & bit) !== 0n;
	};
	if (has('SigCgt') || has('SigIgn')) return 'taken';
	return has('SigBlk') || textOf(`/proc/${pid}/wchan`).includes('sigtimedwait') ? 'blocked' : 'dropped';
}

/** Whether a signal sent now is not simply dropped. */
export function takes(pid: number, signal: NodeJS.Signals): boolean {
	return fateOf(pid, signal) !== 'dropped';
}

function textOf(path: string): string {
	try {
		return machine.readText(path);
	} catch {
		return ''; // it has just ended
	}
}
