/** Times without a unit: milliseconds in the library, seconds on the command line, and so neither in a suite. */
import { escapeToken } from '../../model/pointer.js';
import { figureOf, figures } from '../expect/figures.js';
import { isObject } from '../is-object.js';
import type { RawCase } from './raw.js';

/** By its pointer, what is to be written instead. */
export function withoutUnits({ timeout, setupTimeout, ready, stop, schedule, expect }: RawCase): [string, string][] {
	const steps = Array.isArray(schedule) ? schedule : [];
	const usage = isObject(expect?.usage) ? Object.entries(expect.usage) : [];
	const times: [string, unknown][] = [
		['/timeout', timeout],
		['/setupTimeout', setupTimeout],
		['/ready/timeout', ready?.timeout],
		['/stop/within', stop?.within],
		...steps.flatMap((step, index): [string, unknown][] =>
			['at', 'freeze'].map((name) => [`/schedule/${index}/${name}`, (step as Record<string, unknown>)?.[name]]),
		),
		['/expect/wall', expect?.wall],
		...usage
			.filter(([name]) => figures[figureOf(name) ?? 'tasks.peak'] === 'milliseconds')
			.map(([name, value]): [string, unknown] => [`/expect/usage/${escapeToken(name)}`, value]),
	];
	return times.flatMap(([pointer, given]): [string, string][] => {
		if (typeof given !== 'string' && typeof given !== 'number') return [];
		const [seconds, milliseconds] = ['s', 'ms'].map((unit) => withUnit(String(given), unit));
		if (seconds === String(given)) return [];
		return [[pointer, `${pointer.split('/').at(-1)} "${given}" has no unit: write "${seconds}" or "${milliseconds}"`]];
	});
}

/** Zero needs none. */
function withUnit(comparison: string, unit: string): string {
	const words = comparison.split(/(\.\.|[<>=!\s]+)/);
	return words.map((word) => (/^(\d+(\.\d+)?|\.\d+)$/.test(word) && Number(word) > 0 ? word + unit : word)).join('');
}
