/**
 * The hooks of a config: programs of whoever made it, which get the state of the container on stdin. OCI config.md,
 * "POSIX-platform Hooks". None of them is in the cgroups of the container, so that no limit of its refuses one.
 */

import { invalidOption, ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { namespaceFlags } from './namespaces.js';
import type { State } from './state.js';

export interface Hook {
	/** Absolute: on the host, or of createContainer and startContainer inside. */
	path: string;
	/** The first is the name that the program is called by, and is left to the kernel. */
	args?: string[];
	/** All there is. */
	env?: string[];
	/** Seconds. Default: no end. */
	timeout?: number;
}

/** In the order in which they come; where they run. */
const places = {
	prestart: 'host',
	createRuntime: 'host',
	createContainer: 'container',
	startContainer: 'container',
	poststart: 'host',
	poststop: 'host',
} as const;

export type HookName = keyof typeof places;
export type Hooks = Partial<Record<HookName, Hook[]>>;

export const hookNames = Object.keys(places) as HookName[];

/** Throws `option-invalid` with the pointer. What is unknown is left out. */
export function hooksOf(given: unknown): Hooks {
	if (given === undefined) return {};
	if (typeof given !== 'object' || given === null) throw invalidOption('/hooks', 'must be an object');
	const lists = hookNames.map(
		(name) => [name, listOf((given as Record<string, unknown>)[name], `/hooks/${name}`)] as const,
	);
	return Object.fromEntries(lists.filter(([, list]) => list.length > 0));
}

function listOf(given: unknown, where: string): Hook[] {
	if (given === undefined) return [];
	if (!Array.isArray(given)) throw invalidOption(where, 'must be an array');
	return given.map((hook, index) => checked(hook, `${where}/${index}`));
}

function checked(hook: Partial<Hook> | null, where: string): Hook {
	const { path, args, env, timeout } = hook ?? {};
	const areTexts = (list: unknown) =>
		list === undefined || (Array.isArray(list) && list.every((text) => typeof text === 'string'));
	if (typeof path !== 'string' || !path.startsWith('/'))
		throw invalidOption(`${where}/path`, 'must be an absolute path');
	if (!areTexts(args)) throw invalidOption(`${where}/args`, 'must be an array of strings');
	if (!areTexts(env)) throw invalidOption(`${where}/env`, 'must be an array of strings');
	if (timeout !== undefined && !(Number.isInteger(timeout) && timeout > 0))
		throw invalidOption(`${where}/timeout`, 'must be a number of seconds above 0');
	return { path, ...(args && { args }), ...(env && { env }), ...(timeout && { timeout }) };
}

/** One after the other; throws for the first that fails. `pid` is a process of the container, for those that run inside. */
export async function runHooks(hooks: Hooks, name: HookName, state: State & { procready?: unknown }): Promise<void> {
	for (const [index, hook] of (hooks[name] ?? []).entries())
		await runHook(hook, name, `/hooks/${name}/${index}`, state);
}

async function runHook(hook: Hook, name: HookName, where: string, state: State): Promise<void> {
	const { path, args = [], env = [], timeout } = hook;
	const words = args.slice(1);
	const inside = places[name] === 'container';
	const [program, all] = inside
		? [
				'/usr/bin/nsenter',
				['--target', String(state.pid), '--root', '--wd', ...namespaceFlags(state.pid as number), '--', path, ...words],
			]
		: [path, words];
	const pairs = env.map((pair): [string, string] => [
		pair.slice(0, pair.indexOf('=')),
		pair.slice(pair.indexOf('=') + 1),
	]);
	const { failed, stderr, message } = await machine.run(program as string, all as string[], {
		input: JSON.stringify(state),
		env: Object.fromEntries(pairs),
		patience: (timeout ?? 0) * 1000,
	});
	if (!failed) return;
	const said = stderr.trim() || message.split('\n')[0];
	throw new ProcreadyError('setup-failed', `hook ${name} ${path} failed: ${said}`, { where });
}
