/** The notations of the kernel's files. */

/** The kernel's own notation of sizes, memparse(): K, M, G, T are powers of 1024. NaN when it is no size. */
export function bytesOf(value: string): number {
	const [, digits, unit] = /^(\d+)([kmgt]?)$/i.exec(value.trim()) ?? [];
	return Number(digits) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf((unit ?? '').toLowerCase());
}

/** More than the processors and nodes of any machine. */
export const mostNumbers = 2 ** 16;

/** A list of processors or nodes such as `0-3,7`, cpuset(7); NaN stands for what is none. */
export function numbersOf(list: string): number[] {
	return list
		.trim()
		.split(',')
		.filter(Boolean)
		.flatMap((part) => {
			const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
			if (first === undefined) return [Number.NaN];
			const from = Number(first);
			if (Number(last ?? first) - from >= mostNumbers) return [Number.NaN];
			return Array.from({ length: Math.max(0, Number(last ?? first) - from + 1) }, (_, i) => from + i);
		});
}

/** A nested keyed file: a line a device, `8:0 rbps=max wbps=1048576`. */
export function keyedLines(text: string): Map<string, Map<string, string>> {
	return new Map(
		text
			.split('\n')
			.map((line) => line.trim().split(/\s+/))
			.filter(([device]) => device)
			.map(([device = '', ...pairs]) => [device, new Map(pairs.map((pair) => pair.split('=') as [string, string]))]),
	);
}

/**
 * Whether what the kernel holds is what was asked for, however either is written: sizes with units, lists with ranges,
 * lines with keys of which the kernel shows more than were given.
 */
export function sameValue(asked: string, held: string): boolean {
	if (asked.trim() === held.trim() || bytesOf(asked) === bytesOf(held)) return true;
	if (asked.includes('=')) return containsLines(keyedLines(held), keyedLines(asked));
	const lines = held.split('\n').map((line) => line.trim().replace(/^default /, ''));
	if (asked.split('\n').every((line) => lines.includes(line.trim().replace(/^default /, '')))) return true;
	if (/^[\d,-]+$/.test(asked)) return isSameList(numbersOf(asked), numbersOf(held));
	return false;
}

/** NaN is equal to nothing. */
function isSameList(asked: readonly number[], held: readonly number[]): boolean {
	return asked.length === held.length && asked.every((number, index) => number === held[index]);
}

function containsLines(held: Map<string, Map<string, string>>, asked: Map<string, Map<string, string>>): boolean {
	return [...asked].every(([device, pairs]) =>
		[...pairs].every(([key, value]) => {
			const found = held.get(device)?.get(key) ?? 'max'; // a device without limits has no line
			return found === value || bytesOf(found) === bytesOf(value);
		}),
	);
}
