/** What is compared of two programs: a row each, those first that are the same in each run. */
import type { RunResult } from '../../container/run.js';
import type { Count } from '../../model/counters.js';
import { bytes, count, duration } from '../../report/words.js';
import { figureIn } from '../expect/figures.js';

interface Row {
	read(result: RunResult): Count;
	/** A growth that is less than this part of the base does not matter. Default of `tolerance`. */
	tolerance: number;
	/** Nor does one that is less than this, in the unit of the figure. */
	grain: number;
	words(value: number): string;
	/** Says something of the machine too: not compared where that is another one. */
	isTime?: true;
	/** Shown, and a failure only where that is asked for. */
	isShown?: true;
}

const faults = (value: number) => count(value, 'fault');
const blocks = (value: number) => bytes(value * 512);

const rows = {
	forks: { read: ({ forks }) => forks?.attempted ?? null, tolerance: 0.05, grain: 0, words: (n) => count(n, 'fork') },
	'tasks.peak': { read: usage('tasks.peak'), tolerance: 0.05, grain: 0, words: (n) => count(n, 'task') },
	'rusage.minflt': { read: usage('rusage.minflt'), tolerance: 0.05, grain: 16, words: faults },
	'rusage.majflt': { read: usage('rusage.majflt'), tolerance: 0.05, grain: 8, words: faults },
	'rusage.inblock': { read: usage('rusage.inblock'), tolerance: 0.05, grain: 64, words: blocks },
	'rusage.oublock': { read: usage('rusage.oublock'), tolerance: 0.05, grain: 64, words: blocks },
	'io.readBytes': { read: usage('io.readBytes'), tolerance: 0.05, grain: 32 * 1024, words: bytes },
	'io.writtenBytes': { read: usage('io.writtenBytes'), tolerance: 0.05, grain: 32 * 1024, words: bytes },
	// the kernel charges memory in pieces of 256 KiB, but not all of them at once
	'memory.peak': { read: usage('memory.peak'), tolerance: 0.05, grain: 128 * 1024, words: bytes },
	'cpu.total': { read: usage('cpu.total'), tolerance: 0.1, grain: 0.5, words: duration, isTime: true },
	'cpu.user': { read: usage('cpu.user'), tolerance: 0.1, grain: 0.5, words: duration, isTime: true, isShown: true },
	'cpu.system': { read: usage('cpu.system'), tolerance: 0.1, grain: 0.5, words: duration, isTime: true, isShown: true },
	wall: { read: ({ wallTime }) => wallTime, tolerance: 0.1, grain: 1, words: duration, isTime: true, isShown: true },
} as const satisfies Record<string, Row>;

function usage(figure: Parameters<typeof figureIn>[1]): Row['read'] {
	return (result) => figureIn(result.usage, figure);
}

/** A figure by its name in the report; `forks` is there where they are counted, `wall` is from the first instruction to the end. */
export type ComparedFigure = keyof typeof rows;

export const comparedFigures: Readonly<Record<ComparedFigure, Row>> = rows;
export const comparedNames = Object.keys(rows) as ComparedFigure[];

/** The figures of one run. Times are milliseconds, sizes bytes, `rusage.inblock` and `oublock` 512 bytes; `null`: not counted. */
export type Sample = Readonly<Record<ComparedFigure, Count>>;

export function sampleOf(result: RunResult): Sample {
	return Object.fromEntries(comparedNames.map((name) => [name, comparedFigures[name].read(result)])) as Sample;
}
