/** Numbers as people read them. */

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `65536` -> `64 KiB`; at most three digits and one decimal. */
export function bytes(value: number): string {
	return bytesLike(value, value);
}

/** The same in the unit that suits `like`, so that several have one. */
export function bytesLike(value: number, like: number): string {
	const exponent = Math.min(Math.floor(Math.log2(Math.max(like, 1)) / 10), units.length - 1);
	return `${trim(value / 1024 ** exponent)} ${units[exponent]}`;
}

/** `1500` milliseconds -> `1.5 s`. */
export function duration(milliseconds: number): string {
	return durationLike(milliseconds, milliseconds);
}

/** The same in the unit that suits `like`. */
export function durationLike(milliseconds: number, like: number): string {
	if (like < 1) return `${trim(milliseconds * 1000)} µs`;
	if (like < 1000) return `${trim(milliseconds)} ms`;
	return `${trim(milliseconds / 1000)} s`;
}

/** `1 task`, `4 tasks`. */
export function count(number: number, one: string, many = `${one}s`): string {
	return `${number} ${number === 1 ? one : many}`;
}

/** `67108864` of memory.max -> `64 MiB`; as the kernel says it where that is all there is to say. */
export function limitText(limit: string, value: string): string {
	if (limit === 'cpu.max') return processorsText(value);
	return /^memory\.|^hugetlb\./.test(limit) && /^\d{4,}$/.test(value) ? bytes(Number(value)) : value;
}

function processorsText(value: string): string {
	const [quota = '', period] = value.split(' ');
	return /^\d+$/.test(quota) && period ? count(Number(quota) / Number(period), 'processor') : value;
}

function trim(value: number): string {
	return String(value < 10 ? Math.round(value * 100) / 100 : Math.round(value * 10) / 10);
}
