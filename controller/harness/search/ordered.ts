/** Limits of which more is never worse, so that there is a smallest one that is enough: their steps, bounds and words. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { invalidOption } from '../../errors.js';
import { didYouMean } from '../../model/closest.js';
import { limitAliases, limitName } from '../../model/limits.js';
import type { Options } from '../../model/options.js';
import { parseDuration, parseSize, processors } from '../../model/units.js';
import { byOptions, limitNamed, withLimits } from '../../plan/limit-named.js';
import { bytesLike, count, durationLike } from '../../report/words.js';

/** Values are whole numbers of steps. */
export interface OrderedLimit {
	/** That of the cgroup v2 file, or of a resource limit such as `nofile`. */
	name: string;
	/** What a step is: bytes, a task, a thousandth of a processor. */
	step: number;
	/** In steps. */
	least: number;
	most: number;
	/** Relative: a search ends when it has come so near. 0 is exact. */
	precision: number;
	/** Steps of equal ratio are more to the point than steps of equal size. */
	logarithmic: boolean;
	/** Steps, of what people write: `16M`, `0.25`. Throws `option-invalid`. */
	parse(written: string, where: string): number;
	/** How it is written in a flag and in a file: `16777216`, `0.25`. */
	text(steps: number): string;
	/** The same for people: `16 MiB`; in the unit that suits `like`, in steps too, so that the values of a list have the same. */
	words(steps: number, like?: number): string;
	/** The options with this limit in them. */
	options(base: Options, steps: number): Options;
}

const page = 4096;
const terabyte = 2 ** 40;

type Kind = Pick<OrderedLimit, 'step' | 'least' | 'most'> &
	Partial<Pick<OrderedLimit, 'precision' | 'text' | 'words' | 'logarithmic'>> & {
		/** What is written, as an amount of `step`s. Default: a size where it is logarithmic, else a number. */
		read?(written: string, where: string): number;
		/** The value of the option of the library. Default: the text. */
		option?(steps: number): string;
	};

const size = (step = page, least = 1): Kind => ({
	step,
	least,
	most: Math.floor(terabyte / step),
	words: (steps, like = steps) => bytesLike(steps * step, like * step),
	logarithmic: true,
});
const number = (most: number, least = 1, one?: string): Kind => ({
	step: 1,
	least,
	most,
	...(one ? { words: (steps) => count(steps, one) } : {}),
});

const thousandth = 0.001;
const day = 86_400_000;

/** Files of cgroups, and the limits that procready itself keeps. */
const named: Record<string, () => Kind> = {
	'memory.max': size,
	'memory.high': size,
	'memory.swap.max': () => size(page, 0),
	'pids.max': () => number(4_194_304, 1, 'task'),
	'cpu.max': () => ({
		step: thousandth,
		least: 10, // with less, what the kernel does for the program is a debt that takes minutes to pay
		most: availableParallelism() * 1000,
		precision: 0.05,
		read: processorsOf,
		text: (steps) => String(steps / 1000),
		words: (steps) => count(steps / 1000, 'processor'),
	}),
	'cpu.time': () => ({
		step: 1,
		least: 1,
		most: day,
		precision: 0.05,
		logarithmic: true,
		read: (written, where) => parseDuration(written, where, 's'),
		text: (steps) => String(steps / 1000),
		option: (steps) => `${steps}ms`,
		words: (steps, like = steps) => durationLike(steps, like),
	}),
	output: () => size(1, 0),
	'cpu.weight': () => number(10_000),
	'io.weight': () => number(10_000),
	'cgroup.max.depth': () => number(1_000_000, 0),
	'cgroup.max.descendants': () => number(1_000_000, 0),
};

/** getrlimit(2). What is better the smaller it is, or has no bound in the kernel's own terms, is not here. */
const resourceLimits: Record<string, () => Kind> = {
	as: size,
	cpu: () => number(1_000_000, 1, 'second'),
	data: size,
	fsize: () => size(1, 0),
	memlock: () => size(page, 0),
	msgqueue: () => size(1, 0),
	nofile: () => number(kernelNumber('/proc/sys/fs/nr_open', 1_048_576), 0, 'file descriptor'),
	nproc: () => number(4_194_304),
	rttime: () => number(2 ** 31),
	sigpending: () => number(4_194_304, 0),
	stack: size,
};

/** All of them; a size of huge pages stands for each. `cpu` alone could be cpu.max. */
export const orderedNames: readonly string[] = [
	...Object.keys(named),
	'hugetlb.SIZE.max',
	...Object.keys(resourceLimits).map((name) => (name === 'cpu' ? 'RLIMIT_CPU' : name)),
];

const calledNames = [...orderedNames, ...limitAliases.filter((name) => Object.hasOwn(named, limitName(name)))];

/** Throws `option-invalid` for a limit that has no order, or that there is not. */
export function orderedLimit(name: string, where = 'limit'): OrderedLimit {
	const [, pages, unit] = /^hugetlb\.([1-9]\d*)([KMG])B\.max$/.exec(name) ?? [];
	const rlimit = name.replace(/^RLIMIT_/, '').toLowerCase();
	if (name === 'cpu')
		throw invalidOption(where, '"cpu" could be cpu.max or the resource limit: write cpu.max, or RLIMIT_CPU');
	const file = limitName(name);
	if (pages !== undefined) return ofFile(name, size(Number(pages) * 1024 ** ('KMG'.indexOf(unit as string) + 1), 0));
	if (Object.hasOwn(named, file)) return ofFile(file, (named[file] as () => Kind)());
	if (Object.hasOwn(resourceLimits, rlimit))
		return ofResource(rlimit === 'cpu' ? 'RLIMIT_CPU' : rlimit, (resourceLimits[rlimit] as () => Kind)());
	throw invalidOption(
		where,
		`${JSON.stringify(name)} is not a limit with an order${didYouMean(name, calledNames)}; there are ${orderedNames.join(', ')}`,
	);
}

function completed(name: string, kind: Kind): Omit<OrderedLimit, 'options'> & { text: OrderedLimit['text'] } {
	const text = (steps: number) => String(steps * kind.step);
	const parse = (written: string, where: string) => {
		const value = (kind.read ?? (kind.logarithmic ? sizeOf : numberOf))(written, where);
		const steps = kind.logarithmic ? Math.ceil(value / kind.step) : Math.round(value / kind.step);
		if (steps < kind.least || steps > kind.most)
			throw invalidOption(
				where,
				`${written} is not from ${words(kind.least)} to ${words(kind.most)}, as ${name} may be`,
			);
		return steps;
	};
	const words = kind.words ?? text;
	return { name, precision: 0, logarithmic: false, parse, text, words, ...kind };
}

function sizeOf(written: string, where: string): number {
	if (written === '0') return 0;
	const size = parseSize(written, where);
	if (size === null) throw invalidOption(where, 'max is not a number');
	return size;
}

function processorsOf(written: string, where: string): number {
	const number = processors(written);
	if (Number.isNaN(number)) throw invalidOption(where, `${JSON.stringify(written)} is not a number of processors`);
	return number;
}

function numberOf(written: string, where: string): number {
	if (!/^\d*\.?\d+$/.test(written)) throw invalidOption(where, `${JSON.stringify(written)} is not a number`);
	return Number(written);
}

function ofFile(name: string, kind: Kind): OrderedLimit {
	const whole = completed(name, kind);
	const option = kind.option ?? whole.text;
	return {
		...whole,
		options: (base, steps) => ({
			...base,
			limits: withLimits(byOptions(base.limits ?? {}), limitNamed(name, option(steps), `/limits/${name}`)),
		}),
	};
}

function ofResource(name: string, kind: Kind): OrderedLimit {
	const whole = completed(name, kind);
	return {
		...whole,
		options: (base, steps) => ({ ...base, rlimits: { ...base.rlimits, [name]: whole.text(steps) } }),
	};
}

function kernelNumber(path: string, otherwise: number): number {
	try {
		return Number(readFileSync(path, 'utf8'));
	} catch {
		return otherwise;
	}
}
