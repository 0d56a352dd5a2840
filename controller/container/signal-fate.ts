/** Whether a signal reaches a program that is process 1 (`asPid1`, an OCI config). */
import { textIfThere } from '../host/if-there.js';
import { signalNumber } from '../model/numbers.js';

/**
 * For process 1 of a pid namespace the kernel drops a signal that would be its end by default (pid_namespaces(7)), unless
 * it catches, ignores or blocks it: one that is blocked may be waited for, by sigwait(3), which shows it as not blocked
 * meanwhile.
 */
export function isDropped(pid: number, signal: NodeJS.Signals): boolean {
	if (signal === 'SIGKILL') return false;
	const status = textIfThere(`/proc/${pid}/status`) ?? ''; // it has just ended
	if (!/^NSpid:.*\t1$/m.test(status)) return false;
	const bit = 1n << BigInt(signalNumber(signal) - 1);
	const has = (mask: string) => {
		const hex = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0';
		return (BigInt(`0x${hex}`) & bit) !== 0n;
	};
	return !['SigCgt', 'SigIgn', 'SigBlk'].some(has) && !textIfThere(`/proc/${pid}/wchan`)?.includes('sigtimedwait');
}
