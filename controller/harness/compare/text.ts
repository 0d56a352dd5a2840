/** A comparison for people: a line a figure in plain characters, and as Markdown for a comment on a pull request. */
import type { Count } from '../../model/counters.js';
import { shellLine } from '../../model/shell.js';
import { visible } from '../../model/visible.js';
import { count } from '../../report/words.js';
import type { Comparison } from './compare.js';
import { type FigureComparison, isCompared } from './decide.js';
import { type ComparedFigure, comparedFigures } from './figures.js';

/** Lines, each with its end. `base` and `now` are medians. */
export function comparisonText(comparison: Comparison): string {
	const { figures, notes } = comparison;
	const rows = [['figure', 'base', 'now', ''], ...figures.filter(isOfUse).map(cells)];
	const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)) + 2);
	const lines = rows.map((row) =>
		`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}`.trimEnd(),
	);
	const absent = absentOf(figures);
	return [
		...lines,
		...(absent === undefined ? [] : [`  ${absent}`]),
		...notes,
		`${summaryOf(comparison)} ${runsOf(comparison)}`,
	]
		.map((line) => `${visible(line)}\n`)
		.join('');
}

/** With a heading of the third level. */
export function comparisonMarkdown(comparison: Comparison): string {
	const { base, command, figures, notes } = comparison;
	const against = `${code(shellLine(command))} against ${shellLine(base) === shellLine(command) ? 'itself' : code(shellLine(base))}.`;
	const table = figures.filter(isOfUse).map(cells);
	const absent = absentOf(figures);
	const parts = [
		`### procready: ${lowered(summaryOf(comparison))}`,
		`${against} ${figures.length === 0 ? '' : runsOf(comparison)}`.trim(),
		...(figures.length === 0
			? []
			: [
					[['figure', 'base', 'now', ''], ['---', '---:', '---:', '---'], ...table]
						.map((row) => `| ${row.map(cellText).join(' | ')} |`)
						.join('\n'),
				]),
		...notes.map(cellText),
		...(absent === undefined ? [] : [absent]),
	];
	return `${parts.join('\n\n')}\n`;
}

/** One sentence. */
export function summaryOf({ figures, failed, runs }: Comparison): string {
	if (failed)
		return `${failed.run === 0 ? 'The first run' : `Run ${failed.run}`} of the ${failed.side} did not pass: ${sentence(failed.reason)}`;
	if (runs.command === 0) return 'The time was up before there was a run of each to compare.';
	const judged = figures.filter((one) => one.judged);
	if (!judged.some(isCompared)) return 'None of the figures that are judged could be compared.';
	const named = (outcome: string) => judged.filter((one) => one.outcome === outcome).map(({ figure }) => figure);
	const [grown, shrunk, noisy] = [named('grown'), named('shrunk'), named('noisy')];
	const parts = [
		grown.length > 0 ? `${listed(grown)} grew` : 'Nothing was seen to grow',
		...(shrunk.length > 0 ? [`${listed(shrunk)} shrank`] : []),
		...(noisy.length > 0 ? [`too noisy to be certain of ${listed(noisy)}`] : []),
	];
	return `${parts.join('; ')}.`;
}

function sentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

function lowered(text: string): string {
	return text.replace(/^(None|Nothing|Run|The)/, (word) => word.toLowerCase()).replace(/\.$/, '');
}

function listed(names: readonly string[]): string {
	return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function runsOf({ runs, ended }: Comparison): string {
	const number =
		runs.base === runs.command
			? `${count(runs.base, 'run')} of each`
			: `${count(runs.base, 'run')} of the base and ${runs.command} of the command`;
	return ended === 'time' ? `${number}; the time was up.` : `${number}.`;
}

/** What was counted on neither side says nothing. */
function isOfUse({ base, now }: FigureComparison): boolean {
	return base !== null || now !== null;
}

function absentOf(figures: readonly FigureComparison[]): string | undefined {
	const names = figures.filter((one) => !isOfUse(one)).map(({ figure }) => figure);
	return names.length === 0 ? undefined : `not counted: ${names.join(', ')}`;
}

function cells(one: FigureComparison): string[] {
	return [one.figure, shown(one.figure, one.base), shown(one.figure, one.now), verdictOf(one)];
}

function shown(figure: ComparedFigure, value: Count): string {
	return value === null ? '-' : comparedFigures[figure].words(roughly(figure, value));
}

function verdictOf(one: FigureComparison): string {
	switch (one.outcome) {
		case 'same':
			return isSeen(one) ? `within the tolerance of ${toleranceOf(one)}${rangeOf(one, 1)}` : 'no difference seen';
		case 'noisy':
			return unclear(one);
		case 'grown':
			return changed(one, one.judged ? 'GREW' : 'grew', 1);
		case 'shrunk':
			return changed(one, 'shrank', -1);
		default:
			return one.outcome;
	}
}

function unclear(one: FigureComparison): string {
	if (one.difference?.from === null || one.difference?.to === null) return 'too few runs to say';
	if (!isSeen(one)) return `too noisy to say${rangeOf(one, 1)}`;
	const sign = (one.difference?.from ?? 0) > 0 ? 1 : -1;
	return `seems to ${sign === 1 ? 'grow' : 'shrink'}, not certain${rangeOf(one, sign)}`;
}

/** That of the figure, where the figure is coarser than the part of the base. */
function toleranceOf(one: FigureComparison): string {
	const { figure, tolerance } = one;
	const { grain, words } = comparedFigures[figure];
	return tolerance === grain ? words(grain) : amount(one, tolerance ?? 0);
}

function changed(one: FigureComparison, word: string, sign: 1 | -1): string {
	const by = amount(one, sign * (one.difference?.estimate ?? 0));
	return `${word} by ${by}${rangeOf(one, sign)}, certainty ${certaintyText(one.certainty ?? 0)}`;
}

/** Whether the interval is on one side of 0. */
function isSeen({ difference }: FigureComparison): boolean {
	return (difference?.from ?? 0) > 0 || (difference?.to ?? 0) < 0;
}

/** The interval; nothing where it has no width. */
function rangeOf(one: FigureComparison, sign: 1 | -1): string {
	const { from, to } = one.difference ?? { from: null, to: null };
	if (from === null || to === null) return '';
	// nothing shrinks by more than all of it, though a run that was disturbed may have used more than that
	const [least, most] = [from, to].map((end) => Math.max(end, -(one.base || Number.POSITIVE_INFINITY)));
	const [low, high] = sign === 1 ? [least, most] : [-(most as number), -(least as number)];
	const words = [amount(one, low as number), amount(one, high as number)];
	return words[0] === words[1] ? '' : ` (${words.join(' to ')})`;
}

/** In parts of the base, or of nothing in the unit of the figure. */
function amount({ figure, base }: FigureComparison, value: number): string {
	const rounded = Math.abs(value) < 1e-3 ? 0 : value;
	if (!base) return `${rounded < 0 ? '-' : ''}${comparedFigures[figure].words(roughly(figure, Math.abs(rounded)))}`;
	const percent = (100 * rounded) / base;
	const digits = Math.abs(percent) < 10 ? 10 : 1;
	return `${Math.round(percent * digits) / digits || 0}%`;
}

/** What can only be counted is an integer. */
function roughly(figure: ComparedFigure, value: number): number {
	return comparedFigures[figure].isTime ? value : Math.round(value);
}

/** Never rounded up to what nothing can be. */
function certaintyText(certainty: number): string {
	const percent = Math.floor(certainty * 10000) / 100;
	return percent >= 99.99 ? 'above 99.99%' : `${percent}%`;
}

function code(text: string): string {
	const ticks = '`'.repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)));
	const pad = ticks.length > 1 ? ' ' : '';
	return `${ticks}${pad}${visible(text)}${pad}${ticks}`;
}

/** Of a table of Markdown. */
function cellText(text: string): string {
	return visible(text).replaceAll('|', '\\|');
}
