/** Resource limits of the process, getrlimit(2). */

import { invalidOption } from '../errors.js';
import type { InitConfig } from '../model/init-config.js';
import { escapeToken } from '../model/pointer.js';
import type { Rlimit } from '../model/spec.js';

/** In the order of their numbers. */
export const rlimitTypes = [
	...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING'],
	...['MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
].map((name) => `RLIMIT_${name}`);

/** RLIM_INFINITY, 2^64 - 1, as JSON.parse gives it. */
const infinity = 2 ** 64;

/** `process.rlimits`. */
export function rlimitsOf(given: Record<string, number | string>): Rlimit[] {
	const rlimits = Object.entries(given).map(([name, value]) => {
		const where = `/rlimits/${escapeToken(name)}`;
		const upper = name.toUpperCase();
		const type = upper.startsWith('RLIMIT_') ? upper : `RLIMIT_${upper}`;
		if (!rlimitTypes.includes(type)) throw unknown(where);
		const [soft = '', hard = soft, ...rest] = String(value).split(':');
		if (rest.length > 0) throw invalidValue(where, value);
		return { type, soft: parseValue(soft, where, value), hard: parseValue(hard, where, value) };
	});
	checkRlimits(rlimits, (index) => `/rlimits/${escapeToken(Object.keys(given)[index] ?? '')}`);
	return rlimits;
}

function parseValue(text: string, where: string, given: unknown): number {
	if (text === 'unlimited') return infinity;
	const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!Number.isSafeInteger(value)) throw invalidValue(where, given);
	return value;
}

function invalidValue(where: string, given: unknown) {
	return invalidOption(where, `${JSON.stringify(given)} is not of the form N or SOFT:HARD, each a number or unlimited`);
}

function unknown(where: string) {
	const names = rlimitTypes.map((type) => type.slice(7).toLowerCase()).join(', ');
	return invalidOption(where, `is not a resource limit: ${names}`);
}

function checkRlimits(rlimits: Rlimit[], where: (index: number) => string): void {
	for (const [index, { type, soft, hard }] of rlimits.entries()) {
		if (!rlimitTypes.includes(type)) throw unknown(where(index));
		if (rlimits.findIndex((other) => other.type === type) < index)
			throw invalidOption(where(index), `${type} is there twice`);
		if (soft > hard) throw invalidOption(where(index), `${type}: the soft limit is above the hard one`);
		for (const value of [soft, hard])
			if (!Number.isSafeInteger(value) && value < infinity)
				throw invalidOption(
					where(index),
					`${type}: ${value} is too large to be exact; no limit is 18446744073709551615`,
				);
	}
}

/** `rlimits` of the init config. */
export function initRlimits(rlimits: Rlimit[]): NonNullable<InitConfig['rlimits']> {
	checkRlimits(rlimits, (index) => `/process/rlimits/${index}`);
	const wire = (value: number) => (value >= infinity ? -1 : value);
	return rlimits.map(({ type, soft, hard }) => ({ type, soft: wire(soft), hard: wire(hard) }));
}
