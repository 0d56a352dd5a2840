/** The flags of the root file system, and what those of paths mean. */
import { defined } from '../model/defined.js';
import type { Flag } from '../model/flag.js';
import type { Options } from '../model/options.js';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../plan/root.js';
import type { Values } from './arguments.js';
import { valued } from './convert.js';

export const rootFlags = {
	rootfs: {
		type: 'string',
		value: 'DIR',
		help: 'the root of the file system, with /proc, /dev and /sys mounted in it',
		text: 'the root of the file system',
		default: "the host's",
		option: 'rootfs',
	},
	'read-only': {
		type: 'boolean',
		help: 'nothing can be written to the root of the file system',
		text: 'nothing can be written to the root of the file system; a mount in it has `ro` of its own',
		option: 'readonly',
	},
	volume: {
		type: 'string',
		multiple: true,
		short: 'v',
		value: 'SRC:DST[:OPTION,…]',
		help: 'show SRC of the host at DST; ro, with all that is below',
		text: 'SRC of the host at DST, with what is mounted below. `ro` is for that as well',
		option: 'mounts',
	},
	tmpfs: {
		type: 'string',
		multiple: true,
		value: 'DST[:OPTION,…]',
		help: 'an empty file system: /tmp:size=64M',
		text: 'an empty file system: `/tmp:size=64M`',
		option: 'mounts',
	},
	mount: {
		type: 'string',
		multiple: true,
		value: 'type=T,src=S,dst=D,…',
		help: 'any other mount, with options as in OCI',
		text: "any other: `type=overlay,dst=/o,lowerdir=/a:/b`; `type=cgroup,dst=/sys/fs/cgroup,rw` is the container's own cgroup, writable",
		option: 'mounts',
	},
	device: {
		type: 'string',
		multiple: true,
		value: 'HOST[:PATH]',
		help: 'a device node of the host',
		default: 'the standard ones with `--rootfs`',
		option: 'devices',
	},
	mask: {
		type: 'string',
		multiple: true,
		value: 'PATH',
		help: 'hide PATH',
		text: 'PATH is empty',
		default: 'the usual ones with `--rootfs`',
		option: 'maskedPaths',
	},
	'readonly-path': {
		type: 'string',
		multiple: true,
		value: 'PATH',
		help: 'make PATH read-only',
		text: 'PATH is read-only, with what is mounted below',
		default: 'the usual ones with `--rootfs`',
		option: 'readonlyPaths',
	},
	unmask: {
		type: 'boolean',
		help: 'hide and protect nothing but what --mask and --readonly-path name',
		text: 'of the usual paths none is hidden or read-only, only those of `--mask` and `--readonly-path`',
	},
} as const satisfies Record<string, Flag>;

/** Of --mask, --readonly-path and --unmask. What is named comes beside the usual paths, unless those are left out. */
export function pathsOf(values: Values<typeof rootFlags>): Pick<Options, 'maskedPaths' | 'readonlyPaths'> {
	const paths = (given: string[] | undefined, usual: readonly string[]) =>
		given || values.unmask
			? [...(values.rootfs === undefined || values.unmask ? [] : usual), ...(given ?? [])]
			: undefined;
	return defined({
		maskedPaths: paths(values.mask, defaultMaskedPaths),
		readonlyPaths: paths(values['readonly-path'], defaultReadonlyPaths),
	});
}

/** `--unmask` leaves both kinds of usual paths out, so those of the other kind are said again. */
export function pathWords({ rootfs, maskedPaths, readonlyPaths }: Options): string[] {
	const usual = (paths: readonly string[]) => (rootfs === undefined ? [] : paths);
	const kinds = [
		{ flag: 'mask', usual: usual(defaultMaskedPaths), given: maskedPaths },
		{ flag: 'readonly-path', usual: usual(defaultReadonlyPaths), given: readonlyPaths },
	].map((kind) => ({ ...kind, all: kind.given ?? kind.usual }));
	const isNone = (paths: readonly string[] | undefined) => paths?.length === 0;
	const isMore = kinds.every(
		({ usual, given, all }) => usual.every((path) => all.includes(path)) && !(isNone(usual) && isNone(given)),
	);
	return [
		...(isMore ? [] : ['--unmask']),
		...kinds.flatMap(({ flag, usual, all }) =>
			all.filter((path) => !(isMore && usual.includes(path))).flatMap((path) => valued(flag, path)),
		),
	];
}
