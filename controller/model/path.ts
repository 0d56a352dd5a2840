/** Paths of Linux as text: nothing here looks at a file system. What the functions of the same names of node:path do. */

/** Without empty parts, `.` and, as far as there is something before them, `..`; a slash at the end stays. */
export function normalize(path: string): string {
	const isAbsolute = path.startsWith('/');
	const text = without(path.split('/'), isAbsolute).join('/');
	const start = isAbsolute ? '/' : text === '' ? '.' : '';
	return start + text + (path.endsWith('/') && (text !== '' || !isAbsolute) ? '/' : '');
}

function without(dotted: readonly string[], isAbsolute: boolean): string[] {
	const parts: string[] = [];
	for (const part of dotted)
		if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
		else if (part === '..' ? !isAbsolute : part !== '' && part !== '.') parts.push(part);
	return parts;
}

/** The parts with one slash between each two. */
export function join(...parts: string[]): string {
	return normalize(parts.filter((part) => part !== '').join('/'));
}

/** The path as it is seen from `directory`, which is absolute; without a slash at the end. */
export function resolve(directory: string, path: string): string {
	const whole = normalize(path.startsWith('/') ? path : `${directory}/${path}`);
	return whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
}

/** What the path is in. */
export function dirname(path: string): string {
	const end = withoutSlashes(path).lastIndexOf('/');
	if (end < 0) return path.startsWith('/') ? '/' : '.';
	return withoutSlashes(path.slice(0, end)) || '/';
}

/** The last part; without `suffix` where that is not all of it. */
export function basename(path: string, suffix = ''): string {
	const whole = withoutSlashes(path);
	const last = whole.slice(whole.lastIndexOf('/') + 1);
	return suffix !== '' && last !== suffix && last.endsWith(suffix) ? last.slice(0, -suffix.length) : last;
}

/** The parts of `path` that are below `directory`, both absolute; those of a path elsewhere begin with `..`. */
export function partsBelow(directory: string, path: string): string[] {
	const [from, to] = [directory, path].map((one) => normalize(one).split('/').filter(Boolean)) as [string[], string[]];
	let common = 0;
	while (common < from.length && from[common] === to[common]) common++;
	return [...from.slice(common).map(() => '..'), ...to.slice(common)];
}

/**
 * The unit of systemd whose setting `Delegate=` says which controllers come to the cgroup: that of the user's
 * systemd, the innermost service, or a scope that is in none. `undefined` where the path names none, as in a container.
 */
export function unitOf(path: string): string | undefined {
	const parts = path.split('/');
	const last = (pattern: RegExp) => parts.findLast((part) => pattern.test(part));
	return last(/^user@.*\.service$/) ?? last(/\.service$/) ?? last(/\.scope$/);
}

const withoutSlashes = (path: string) => path.replace(/\/+$/, '');
