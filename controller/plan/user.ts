/**
 * Who a program runs as. What is all digits is a number and anything else a name, here and nowhere later: a name that
 * looks like a number (CVE-2016-3697) or a number with something around it (CVE-2026-30892) is refused.
 */

import { invalidOption } from '../errors.js';
import { defined } from '../model/defined.js';
import type { InitUser } from '../model/init-config.js';
import type { Extension, User } from '../model/spec.js';

export interface UserOptions {
	user?: string | undefined;
	groups?: (number | string)[] | undefined;
	umask?: number | string | undefined;
}

/** The largest id; 4294967295 means "unchanged" to the kernel. */
const largestId = 4_294_967_294;

const namePattern = /^[\p{L}_][\p{L}\p{N}_.@\\$-]*$/u;

/** Variables that are of a user: none of them is handed on to another one. */
const ofUser = ['HOME', 'USER', 'LOGNAME'];

/** What is handed on of an environment: where a user is asked for, the init adds these variables of that user. */
export function handedOn<Value>(
	environment: Readonly<Record<string, Value>>,
	{ user }: UserOptions,
): Record<string, Value> {
	const entries = Object.entries(environment);
	return Object.fromEntries(user === undefined ? entries : entries.filter(([name]) => !ofUser.includes(name)));
}

/** `process.user` and `procready.user` of the specification. What is not asked for is as `usual`. */
export function userOf(
	options: UserOptions,
	usual: UserOptions = {},
): { numbers?: User; names?: Extension['user'] & object } {
	const { user, groups, umask } = { ...usual, ...options };
	const numbers: User = {};
	const names: Extension['user'] & object = {};
	if (user !== undefined) {
		const [whom, group] = splitUser(user);
		place(parseId(whom, '/user', 'user'), numbers, 'uid', names, 'name');
		if (group !== undefined) place(parseId(group, '/user', 'group'), numbers, 'gid', names, 'group');
		if (options.user !== undefined) names.variables = true;
	}
	for (const [index, group] of (groups ?? []).entries()) {
		const id = parseId(String(group), `/groups/${index}`, 'group');
		if (typeof id === 'number') numbers.additionalGids = [...(numbers.additionalGids ?? []), id];
		else names.additionalGroups = [...(names.additionalGroups ?? []), id];
	}
	if (umask !== undefined) numbers.umask = parseUmask(umask);
	return defined({ numbers: unlessEmpty(numbers), names: unlessEmpty(names) });
}

function unlessEmpty<T extends object>(members: T): T | undefined {
	return Object.keys(members).length > 0 ? members : undefined;
}

function splitUser(given: string): [string, string?] {
	const [user = '', group, ...rest] = given.split(':');
	if (rest.length > 0) throw invalidOption('/user', `${JSON.stringify(given)} is not of the form USER or USER:GROUP`);
	return group === undefined ? [user] : [user, group];
}

function place<N extends 'uid' | 'gid', T extends 'name' | 'group'>(
	id: number | string,
	numbers: { [key in N]?: number },
	number: N,
	names: { [key in T]?: string },
	name: T,
): void {
	if (typeof id === 'number') numbers[number] = id;
	else names[name] = id;
}

function parseId(given: string, where: string, what: string): number | string {
	if (/^(0|[1-9]\d*)$/.test(given) && Number(given) <= largestId) return Number(given);
	if (namePattern.test(given)) return given;
	throw invalidOption(
		where,
		given === ''
			? `the ${what} is missing`
			: `${JSON.stringify(given)} is neither a number from 0 to ${largestId} nor the name of a ${what}`,
	);
}

function parseUmask(given: number | string): number {
	const umask = typeof given === 'string' && /^[0-7]{1,4}$/.test(given) ? Number.parseInt(given, 8) : given;
	if (typeof umask !== 'number' || !Number.isInteger(umask) || umask < 0 || umask > 0o777)
		throw invalidOption('/umask', `${JSON.stringify(given)} is not a umask: octal digits, 0 to 777`);
	return umask;
}

/** Whether the program has the capabilities of root: what is unknown is taken for no. */
export function isRoot(numbers: User | undefined, names: Extension['user']): boolean {
	if (names?.name !== undefined) return names.name === 'root';
	return (numbers?.uid ?? 0) === 0;
}

/** `user` of the init config. */
export function initUser(numbers: User = {}, names: Extension['user'] = {}): InitUser | undefined {
	const { umask: _, ...ids } = numbers;
	if (ids.uid !== undefined && names.name !== undefined)
		throw invalidOption('/procready/user/name', 'is given beside /process/user/uid: leave one out');
	if (ids.gid !== undefined && names.group !== undefined)
		throw invalidOption('/procready/user/group', 'is given beside /process/user/gid: leave one out');
	return unlessEmpty({ ...ids, ...names });
}
