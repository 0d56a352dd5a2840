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
	/** Forks that were tried, vfork, clone and clone3 too; counted where that is asked for; `null`: not counted. */
	forks: { read: ({ forks }) => forks?.attempted ?? null, tolerance: 0.05, grain: 0, words: (n) => count(n, 'fork') },
	/** Most tasks at once; `null`: not counted. */
	'tasks.peak': { read: usage('tasks.peak'), tolerance: 0.05, grain: 0, words: (n) => count(n, 'task') },
	/** Page faults without a read, of the program and the children it waited for; `null`: not counted. */
	'rusage.minflt': { read: usage('rusage.minflt'), tolerance: 0.05, grain: 16, words: faults },
	/** Page faults with a read; `null`: not counted. */
	'rusage.majflt': { read: usage('rusage.majflt'), tolerance: 0.05, grain: 8, words: faults },
	/** Blocks of 512 bytes that were read from disks; `null`: not counted. */
	'rusage.inblock': { read: usage('rusage.inblock'), tolerance: 0.05, grain: 64, words: blocks },
	/** Blocks of 512 bytes that were written to disks; `null`: not counted. */
	'rusage.oublock': { read: usage('rusage.oublock'), tolerance: 0.05, grain: 64, words: blocks },
	/** Bytes that were read from disks, by all of the container; `null`: not counted. */
	'io.readBytes': { read: usage('io.readBytes'), tolerance: 0.05, grain: 32 * 1024, words: bytes },
	/** Bytes that were written to disks; `null`: not counted. */
	'io.writtenBytes': { read: usage('io.writtenBytes'), tolerance: 0.05, grain: 32 * 1024, words: bytes },
	/** Bytes, most at once. The kernel charges up to 256 KiB at once, but not each time; `null`: not counted. */
	'memory.peak': { read: usage('memory.peak'), tolerance: 0.05, grain: 128 * 1024, words: bytes },
	/** Milliseconds of processor time; `null`: not counted. */
	'cpu.total': { read: usage('cpu.total'), tolerance: 0.1, grain: 0.5, words: duration, isTime: true },
	/** Milliseconds of it in the program; `null`: not counted. */
	'cpu.user': { read: usage('cpu.user'), tolerance: 0.1, grain: 0.5, words: duration, isTime: true, isShown: true },
	/** Milliseconds of it in the kernel; `null`: not counted. */
	'cpu.system': { read: usage('cpu.system'), tolerance: 0.1, grain: 0.5, words: duration, isTime: true, isShown: true },
	/** Milliseconds from the first instruction to the end; `null`: not counted. */
	wall: { read: ({ wallTime }) => wallTime, tolerance: 0.1, grain: 1, words: duration, isTime: true, isShown: true },
} as const satisfies Record<string, Row>;

function usage(figure: Parameters<typeof figureIn>[1]): Row['read'] {
	return (result) => figureIn(result.usage, figure);
}

/** A figure by its name in the report; `forks` is there where they are counted, `wall` is from the first instruction to the end. */
export type ComparedFigure = keyof typeof rows;

export const comparedFigures: Readonly<Record<ComparedFigure, Row>> = rows;
export const comparedNames = Object.keys(rows) as ComparedFigure[];

/** Something of each figure. */
export type PerFigure<T> = { readonly [Name in keyof typeof rows]: T };

/** The figures of one run. Times are milliseconds, sizes bytes, `rusage.inblock` and `oublock` 512 bytes; `null`: not counted. */
export type Sample = PerFigure<Count>;

export function sampleOf(result: RunResult): Sample {
	return Object.fromEntries(comparedNames.map((name) => [name, comparedFigures[name].read(result)])) as Sample;
}
