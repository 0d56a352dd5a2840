/** Mounts as they are written on the command line. */
import { resolve } from 'node:path';
import { ProcreadyError } from '../errors.js';
import type { Mount } from '../model/spec.js';
import { parseSize } from '../model/units.js';
import { cgroupOptions, isCgroupMount } from '../plan/cgroup-mounts.js';
import { initMount, isBind } from '../plan/mounts.js';
import { invalidFlag } from './arguments.js';
import { pairWords, valued } from './convert.js';

export interface MountFlags {
	mount?: string[];
	volume?: string[];
	tmpfs?: string[];
}

/** In the order of their depth: one that is below another has to come after it. */
export function mountsOf({ mount = [], volume = [], tmpfs = [] }: MountFlags): Mount[] {
	const mounts = [
		...mount.map((given) => checked('--mount', given, parseMount)),
		...volume.map((given) => checked('--volume', given, parseVolume)),
		...tmpfs.map((given) => checked('--tmpfs', given, parseTmpfs)),
	];
	const depth = ({ destination }: Mount) => destination.split('/').filter(Boolean).length;
	return mounts.sort((a, b) => depth(a) - depth(b));
}

/** An error names the flag and what was given, which the library does not see. */
function checked(flag: string, given: string, parse: (given: string) => Mount | string): Mount {
	const mount = parse(given);
	if (typeof mount === 'string') throw invalidFlag(flag, `${JSON.stringify(given)} ${mount}`);
	try {
		const made = withSize(mount);
		if (isCgroupMount(made)) cgroupOptions(made, '');
		else initMount(made, '', { uids: [], gids: [] });
		return made;
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		const what = error.message.replace(/^[a-z.\d]*: /, '').replace(`${mount.destination}: `, '');
		throw invalidFlag(flag, `${given}: ${what}`, error);
	}
}

/** Of a tmpfs: tmpfs(5) has K, M, G and percentages; what procready takes for a size beside them is bytes there, and 0 no limit. */
function withSize(mount: Mount): Mount {
	const { type, options } = mount;
	if (type !== 'tmpfs' || options === undefined) return mount;
	const sized = options.map((option) => {
		const [, size] = /^(?:tmpfs-)?size=(.*)$/s.exec(option) ?? [];
		if (size === undefined) return option;
		return `size=${/^\d+([kmgtpe]|%)?$/i.test(size) ? size : (parseSize(size, 'size') ?? 0)}`;
	});
	return { ...mount, options: sized };
}

/** SRC:DST[:OPTION,…]. What is mounted below SRC is there too, and read-only too where `ro` is said. */
function parseVolume(given: string): Mount | string {
	const [source = '', destination = '', options = '', ...rest] = given.split(':');
	if (source === '' || !destination.startsWith('/') || rest.length > 0)
		return 'is not of the form SRC:/DST or SRC:/DST:OPTION,…';
	return bind(
		destination,
		resolve(source),
		words(options).map((option) => (option === 'ro' ? 'rro' : option)),
	);
}

/** Unless it says otherwise it is recursive, and nothing that is mounted in it later shows up on the other side. */
function bind(destination: string, source: string, options: string[]): Mount {
	const how = options.some((option) => option === 'bind' || option === 'rbind') ? [] : ['rbind'];
	const isPropagated = options.some((option) => /^r?(private|slave|shared|unbindable)$/.test(option));
	return { destination, type: 'bind', source, options: [...how, ...(isPropagated ? [] : ['rprivate']), ...options] };
}

/** DST[:OPTION,…]. */
function parseTmpfs(given: string): Mount | string {
	const [destination = '', options = '', ...rest] = given.split(':');
	if (!destination.startsWith('/') || rest.length > 0) return 'is not of the form /DST or /DST:OPTION,…';
	return { destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', ...words(options)] };
}

const keys: Record<string, 'type' | 'source' | 'destination'> = {
	type: 'type',
	src: 'source',
	source: 'source',
	dst: 'destination',
	destination: 'destination',
	target: 'destination',
};

/** type=T,src=S,dst=D and options, which may contain `=`. */
function parseMount(given: string): Mount | string {
	const members: Partial<Record<'type' | 'source' | 'destination', string>> = {};
	const options: string[] = [];
	for (const word of words(given)) {
		const [, key = '', value = ''] = /^([a-z]+)=(.*)$/.exec(word) ?? [];
		const member = Object.hasOwn(keys, key) ? keys[key] : undefined;
		if (member) members[member] = value;
		else options.push(word === 'readonly' ? 'ro' : word);
	}
	const { type = 'bind', source, destination } = members;
	if (!destination?.startsWith('/')) return 'has no dst=/PATH';
	if (!isBind({ destination, type, options })) return { destination, type, source: source ?? type, options };
	return source ? bind(destination, resolve(source), options) : 'has no src=PATH';
}

/** A `--mount` each. */
export function mountWords(mounts: readonly Mount[]): string[] {
	return mounts.flatMap(({ destination, type, source, options = [] }) =>
		valued('mount', [...pairWords({ type, src: source, dst: destination }), ...options].join()),
	);
}

function words(list: string): string[] {
	return list === '' ? [] : list.split(',');
}
