/** Numbers as people read them. */

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `65536` -> `64 KiB`; at most three digits and one decimal. */
export function bytes(value: number): string {
	const exponent = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), units.length - 1);
	return `${trim(value / 1024 ** exponent)} ${units[exponent]}`;
}

/** `1500` milliseconds -> `1.5 s`. */
export function duration(milliseconds: number): string {
	if (milliseconds < 1) return `${trim(milliseconds * 1000)} µs`;
	if (milliseconds < 1000) return `${trim(milliseconds)} ms`;
	return `${trim(milliseconds / 1000)} s`;
}

/** `1 task`, `4 tasks`. */
export function count(number: number, one: string, many = `${one}s`): string {
	return `${number} ${number === 1 ? one : many}`;
}

function trim(value: number): string {
	return String(value < 10 ? Math.round(value * 100) / 100 : Math.round(value * 10) / 10);
}
