/** What a command uses, in a small file that is kept with its sources: the figures of some runs, and where they were made. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, hostname, release } from 'node:os';
import { ProcreadyError, reasonOf } from '../../errors.js';
import { readGiven } from '../../host/node/read-bounded.js';
import { shellLine } from '../../model/shell.js';
import { comparedNames, type PerFigure, type Sample } from '../compare/figures.js';
import { isObject } from '../is-object.js';
import { notWritten } from '../not-written.js';

/** Where figures were measured; times of one place say nothing of another. */
export interface Place {
	/** The name of the machine: gethostname(2). */
	host: string;
	/** Its processor as the kernel names it. */
	processor: string;
	/** How many processors could be used. */
	processors: number;
	/** The release of the kernel: uname(2). */
	kernel: string;
}

/** The figures of some runs of a command. */
export interface Budget extends Place {
	/** That was measured. */
	command: string[];
	/** One value a run; `null`: not counted there. */
	figures: PerFigure<number[] | null>;
}

/** Fewer say too little, */
export const leastRuns = 8;
/** and more say nothing more. */
export const mostRuns = 200;

export function placeOf(): Place {
	return {
		host: hostname(),
		processor: cpus()[0]?.model ?? '',
		processors: availableParallelism(),
		kernel: release(),
	};
}

export function budgetOf(command: readonly string[], samples: readonly Sample[]): Budget {
	const figures = comparedNames.map((name) => {
		const values = samples.map((sample) => sample[name]);
		return [name, values.includes(null) ? null : values];
	});
	return { command: [...command], ...placeOf(), figures: Object.fromEntries(figures) as Budget['figures'] };
}

/** The runs that it was made of. */
export function samplesOf({ figures }: Budget): Sample[] {
	const runs = Math.max(...comparedNames.map((name) => figures[name]?.length ?? 0));
	return Array.from(
		{ length: runs },
		(_, run) => Object.fromEntries(comparedNames.map((name) => [name, figures[name]?.[run] ?? null])) as Sample,
	);
}

/** What differs, as a sentence; `undefined`: times can be compared. */
export function elsewhere(saved: Place, here: Place): string | undefined {
	const parts = [
		saved.host !== here.host && `on ${saved.host}, and this is ${here.host}`,
		(saved.processor !== here.processor || saved.processors !== here.processors) &&
			`with ${saved.processors} of ${saved.processor || 'a processor without a name'}, and here are ${here.processors} of ${here.processor || 'one without a name'}`,
		saved.kernel !== here.kernel && `under Linux ${saved.kernel}, and this is ${here.kernel}`,
	].filter((part) => part !== false);
	return parts.length === 0 ? undefined : `The budget was saved ${parts.join('; ')}: times are not compared.`;
}

/** That it is of another command, as a sentence; `undefined`: it is of this one. */
export function otherCommand(saved: Pick<Budget, 'command'>, command: readonly string[]): string | undefined {
	const [was, is] = [shellLine(saved.command), shellLine(command)];
	return was === is ? undefined : `The budget was saved of another command: ${was}`;
}

function invalid(file: string, what: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('option-invalid', `${file}: ${what}`, { where: 'budget', ...(cause ? { cause } : {}) });
}

/** Throws `option-invalid` where it is not there, or is not a budget of this kind. */
export function readBudget(file: string): Budget {
	let content: unknown;
	try {
		content = JSON.parse(readGiven(file).toString());
	} catch (cause) {
		throw invalid(file, cause instanceof SyntaxError ? 'is not JSON' : `cannot be read: ${reasonOf(cause)}`, cause);
	}
	if (!isObject(content)) throw invalid(file, 'is not a budget');
	if ('memory.peak' in content && !('figures' in content))
		throw invalid(
			file,
			'is a budget of an earlier procready, which kept only medians: save it anew with procready run --save-budget',
		);
	const problem = problemOf(content);
	if (problem !== undefined)
		throw invalid(file, `${problem}: the file is not a budget; save one with procready run --save-budget`);
	const { figures } = content as unknown as Budget;
	// one that this release counts, and the other did not
	const all = comparedNames.map((name) => [name, figures[name] ?? null]);
	return { ...(content as unknown as Budget), figures: Object.fromEntries(all) as Budget['figures'] };
}

function problemOf(content: Readonly<Record<string, unknown>>): string | undefined {
	const { command, figures, processors } = content;
	if (!Array.isArray(command) || !command.every((word) => typeof word === 'string'))
		return 'command is missing, or not a list of words';
	for (const name of ['host', 'processor', 'kernel'])
		if (typeof content[name] !== 'string') return `${name} is missing, or not a text`;
	if (typeof processors !== 'number') return 'processors is missing, or not a number';
	if (!isObject(figures)) return 'figures is missing, or not an object';
	const known = comparedNames as readonly string[]; // another release may have counted more
	const counted = Object.entries(figures).filter(([name, values]) => values !== null && known.includes(name));
	if (counted.length === 0) return `figures: none of ${known.join(', ')} is there`;
	const isSeries = (values: unknown) =>
		Array.isArray(values) && values.every((value) => Number.isFinite(value) && value >= 0);
	const other = counted.find(([, values]) => !isSeries(values));
	if (other) return `figures: ${other[0]} is not a list of numbers`;
	const lengths = new Set(counted.map(([, values]) => (values as number[]).length));
	if (lengths.size !== 1) return 'figures: they are not of equally many runs';
	const [runs = 0] = lengths;
	const isEnough = runs >= leastRuns && runs <= mostRuns;
	return isEnough ? undefined : `figures: they are of ${runs} runs, and ${leastRuns} to ${mostRuns} are needed`;
}

/** A figure a line, so that a change of one is seen as that. */
export function writeBudget(file: string, { figures, ...about }: Budget): void {
	const line = (name: string, value: unknown) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
	const head = Object.entries(about).map(([name, value]) => `\t${line(name, value)},\n`);
	const series = Object.entries(figures).map(([name, value]) => `\t\t${line(name, value)}`);
	try {
		writeFileSync(file, `{\n${head.join('')}\t"figures": {\n${series.join(',\n')}\n\t}\n}\n`);
	} catch (cause) {
		throw notWritten(`budget ${file}`, cause);
	}
}
