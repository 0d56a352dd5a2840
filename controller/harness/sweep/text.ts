/** A sweep for people, in plain characters: a table and a plot; and for programs that read tables. */
import { bytes, duration } from '../../report/words.js';
import type { Point } from './sweep.js';

/** One line a point, this one first. */
export function headingOf({ limit }: Pick<Point, 'limit'>): string {
	return row(limit, 'time', 'cpu', 'peak memory', 'tasks', 'outcome');
}

export function lineOf(point: Point): string {
	const { words, wallTime, cpuTime, memoryPeak, tasksPeak } = point;
	const show = (value: number | null, how: (value: number) => string) => (value === null ? '-' : how(value));
	return row(
		words,
		show(wallTime, duration),
		show(cpuTime, duration),
		show(memoryPeak, bytes),
		show(tasksPeak, String),
		outcomeOf(point),
	);
}

function row(...cells: string[]): string {
	const widths = [24, 11, 11, 13, 7];
	return `  ${cells.map((cell, index) => `${cell.padEnd((widths[index] ?? 1) - 1)} `).join('')}`.trimEnd();
}

function outcomeOf({ runs, passed, reason }: Point): string {
	if (passed === runs) return 'passed';
	return `${passed === 0 ? 'FAILED' : `passed ${passed} of ${runs}`}: ${reason}`;
}

const height = 12;

/** Time over the values: `*` where it passed, `x` where it did not. */
export function plotOf(points: readonly Point[]): string {
	const longest = Math.max(...points.map(({ wallTime }) => wallTime ?? 0));
	if (longest === 0) return '';
	const margin = 10;
	const lengthOf = (member: 'value' | 'words') => Math.max(...points.map((point) => point[member].length));
	const member = lengthOf('words') < lengthOf('value') ? 'words' : 'value'; // the same for all: they have one unit
	const names = points.map((point) => point[member]);
	const width = Math.max(...names.map(({ length }) => length)) + 2;
	const levelOf = ({ wallTime }: Point) => Math.round(((wallTime ?? 0) / longest) * (height - 1));
	const lines = Array.from({ length: height }, (_, index) => {
		const level = height - 1 - index;
		const isLabelled = level === height - 1 || level === 0;
		const label = isLabelled ? duration((longest * level) / (height - 1)) : '';
		const marks = points.map((point) => {
			const mark = point.passed === point.runs ? '*' : 'x';
			return (levelOf(point) === level ? mark : levelOf(point) > level ? ':' : ' ').padEnd(width);
		});
		return `${label.padStart(margin)} |${marks.join('')}`.trimEnd();
	});
	const axis = `${' '.repeat(margin)} +${'-'.repeat(points.length * width)}`;
	const below = `${' '.repeat(margin + 2)}${names.map((name) => name.padEnd(width)).join('')}`.trimEnd();
	return `${lines.join('\n')}\n${axis}\n${below}\n`;
}

const columns = [
	'limit',
	'value',
	'runs',
	'passed',
	'wallTime',
	'cpuTime',
	'throttled',
	'memoryPeak',
	'tasksPeak',
	'reason',
] as const satisfies (keyof Point)[];

/** RFC 4180. With `host` where points of several hosts were merged. */
export function csvOf(points: readonly Point[]): string {
	const quoted = (value: unknown) => {
		const text = String(value ?? '');
		return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
	};
	const names = [...columns, ...(points.some(({ host }) => host) ? (['host'] as const) : [])];
	return [names.join(), ...points.map((point) => names.map((name) => quoted(point[name])).join())]
		.map((line) => `${line}\r\n`)
		.join('');
}
