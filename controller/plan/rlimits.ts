/** Resource limits of the process, getrlimit(2). */

import { invalidOption } from '../errors.js';
import { didYouMean } from '../model/closest.js';
import type { InitConfig } from '../model/init-config.js';
import { escapeToken } from '../model/pointer.js';
import type { Rlimit } from '../model/spec.js';
import { parseSize } from '../model/units.js';

/** In the order of their numbers. */
export const rlimitTypes = [
	...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING'],
	...['MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
].map((name) => `RLIMIT_${name}`);

/** Of bytes, so that they may be written with units. */
const ofBytes = ['AS', 'CORE', 'DATA', 'FSIZE', 'MEMLOCK', 'MSGQUEUE', 'RSS', 'STACK'].map((name) => `RLIMIT_${name}`);

/** RLIM_INFINITY, 2^64 - 1, as JSON.parse gives it. */
const infinity = 2 ** 64;

/** `process.rlimits`. */
export function rlimitsOf(given: Record<string, number | string>): Rlimit[] {
	const rlimits = Object.entries(given).map(([name, value]) => {
		const where = `/rlimits/${escapeToken(name)}`;
		const upper = name.toUpperCase();
		const type = upper.startsWith('RLIMIT_') ? upper : `RLIMIT_${upper}`;
		if (!rlimitTypes.includes(type)) throw unknown(where, name);
		const [soft = '', hard = soft, ...rest] = String(value).split(':');
		if (rest.length > 0) throw invalidValue(where, value);
		return { type, soft: parseValue(soft, type, where, value), hard: parseValue(hard, type, where, value) };
	});
	checkRlimits(rlimits, (index) => `/rlimits/${escapeToken(Object.keys(given)[index] ?? '')}`);
	return rlimits;
}

/** `-1` is what setrlimit(2), prlimit(1) and docker have for no limit, `infinity` what systemd has. */
function parseValue(text: string, type: string, where: string, given: unknown): number {
	if (['unlimited', 'infinity', 'max', '-1'].includes(text)) return infinity;
	const isSize = ofBytes.includes(type) && /^\d.*[a-z]$/i.test(text);
	if (isSize) return parseSize(text, where) as number;
	const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!Number.isSafeInteger(value)) throw invalidValue(where, given);
	return value;
}

function invalidValue(where: string, given: unknown) {
	return invalidOption(
		where,
		`${JSON.stringify(given)} is not of the form N or SOFT:HARD, each a number, of bytes also with K, M, G or T, or unlimited`,
	);
}

function unknown(where: string, name: string) {
	const names = rlimitTypes.map((type) => type.slice(7).toLowerCase());
	const hint = didYouMean(name.toLowerCase().replace(/^rlimit_/, ''), names);
	return invalidOption(where, `is not a resource limit${hint || `: ${names.join(', ')}`}`);
}

function checkRlimits(rlimits: Rlimit[], where: (index: number) => string): void {
	for (const [index, { type, soft, hard }] of rlimits.entries()) {
		if (!rlimitTypes.includes(type)) throw unknown(where(index), type);
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
