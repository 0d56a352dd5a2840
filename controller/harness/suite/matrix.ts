/** A matrix of values becomes one case for each combination. */
import { ProcreadyError } from '../../errors.js';
import { limitNames } from '../../model/limits.js';
import { escapeToken } from '../../model/pointer.js';
import { checkLimitName } from '../../plan/limit-named.js';

type Value = string | number | boolean;

/** Of each key one value, with its index. */
export type Combination = ReadonlyMap<string, { value: Value; index: number }>;

/**
 * The last key changes fastest. Without a matrix there is one, with nothing in it. `services`: the names that a key may begin
 * with, `db.memory.max`.
 */
export function combinationsOf(
	matrix: Record<string, Value[]>,
	services: readonly string[],
	report: (pointer: string, message: string, part: 'name') => void,
): Combination[] {
	let combinations: Combination[] = [new Map()];
	for (const [key, values] of Object.entries(matrix)) {
		if (!isKey(key, services, report)) continue;
		combinations = combinations.flatMap((one) =>
			[...values.entries()].map(([index, value]) => new Map([...one, [key, { value, index }]])),
		);
	}
	return combinations;
}

const kinds = ['env', 'rlimits'];

/**
 * Where the value of a key goes: `env.MODE` is a member of `env`, any other is a limit; and of which service, where it says so.
 * A key that is a limit is that one, also beside a service called `memory`.
 */
export function pathOf(key: string, services: readonly string[]): { kind: string; name: string; service?: string } {
	const service = limitNames.includes(key) ? undefined : services.find((one) => key.startsWith(`${one}.`));
	const rest = service === undefined ? key : key.slice(service.length + 1);
	const kind = kinds.find((one) => rest.startsWith(`${one}.`));
	const path = kind === undefined ? { kind: 'limits', name: rest } : { kind, name: rest.slice(kind.length + 1) };
	return service === undefined ? path : { ...path, service };
}

function isKey(
	key: string,
	services: readonly string[],
	report: (pointer: string, message: string, part: 'name') => void,
): boolean {
	const where = `/matrix/${escapeToken(key)}`;
	const { kind, name, service } = pathOf(key, services);
	const ofServices = services.flatMap((one) => limitNames.map((limit) => `${one}.${limit}`));
	try {
		if (kind === 'limits') checkLimitName(name, where, service === undefined ? ofServices : []);
		return true;
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		const [, hint = ''] = /(; did you mean .*)$/.exec(error.message) ?? [];
		const meant = service === undefined ? hint : hint.replace('"', `"${service}.`);
		const what = 'is not a limit; a matrix is of limits, of env.NAME and of rlimits.NAME';
		const more = services.length > 0 ? `, and of these of a service, as ${services[0]}.memory.max` : '';
		report(where, `${JSON.stringify(key)} ${what}${more}${meant}`, 'name');
		return false;
	}
}

/** `${pids.max}` in all texts becomes the value. */
export function substituted<T>(given: T, values: (name: string) => string | undefined): T {
	if (typeof given === 'string') return given.replace(/\$\{([\w.-]+)\}/g, (whole, name) => values(name) ?? whole) as T;
	if (Array.isArray(given)) return given.map((item) => substituted(item, values)) as T;
	if (typeof given !== 'object' || given === null) return given;
	return Object.fromEntries(
		Object.entries(given).map(([name, value]) => [substituted(name, values), substituted(value, values)]),
	) as T;
}
