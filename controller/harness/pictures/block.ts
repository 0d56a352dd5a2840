/** What a container does now and did shortly before, as a few lines for a terminal. */
import type { Count } from '../../model/counters.js';
import { colours, type Paint, painter } from '../../report/colours.js';
import { processorsSince, type Stats } from '../../report/stats.js';
import { cpuText, limitOf, memoryText, tasksText } from '../../report/stats-text.js';
import { duration } from '../../report/words.js';
import { numberOf } from './curves.js';
import type { Hit } from './recording.js';
import { hitText } from './words.js';

export interface Screen {
	columns: number;
	/** The terminal shows UTF-8. */
	unicode: boolean;
	color: boolean;
}

/** The number of lines, whatever is in them. */
export const blockHeight = 5;

const nameWidth = 8;
const textWidth = 44;
const widest = 60;

/** `history` is in the order of time, the last is now; `hits` are told with what has become of each counter. */
export function blockOf(
	title: string,
	history: readonly [Stats, ...Stats[]],
	hits: readonly Omit<Hit, 'from' | 'to'>[],
	screen: Screen,
): string[] {
	const now = history.at(-1) as Stats;
	const paint = painter(screen.color);
	const limit = (name: string) => numberOf(limitOf(now, name));
	const rows: [string, string | undefined, Count[], number | undefined][] = [
		['memory', memoryText(now), history.map(({ memory }) => memory.current), limit('memory.max')],
		['tasks', tasksText(now), history.map(({ tasks }) => tasks.current), limit('pids.max')],
		[
			'cpu',
			cpuText(now, history.at(-2)),
			history.map((one, at) => processorsSince(history[at - 1], one)),
			limit('cpu.max'),
		],
	];
	const told = hits.map((hit) => `${hit.limit}: ${hitText(hit)}`);
	return [
		headline(` ${title}  ${now.paused ? 'paused' : 'running'}, ${duration(now.wallTime)} `, screen, paint),
		...rows.map(([name, text = '', values, top]) => line(name, text, values, top, screen, paint)),
		told.length > 0
			? paint(cut(`hit     ${told.join(', ')}`, screen.columns), colours.red)
			: cut('hit     no limit yet', screen.columns),
	];
}

function headline(text: string, { columns, unicode }: Screen, paint: Paint): string {
	const rule = unicode ? '─' : '-';
	const cutText = cut(`${rule}${text}`, columns);
	return paint(cutText + rule.repeat(columns - cutText.length), colours.faint);
}

function line(
	name: string,
	text: string,
	values: Count[],
	limit: number | undefined,
	screen: Screen,
	paint: Paint,
): string {
	const width = Math.min(widest, Math.max(0, screen.columns - nameWidth - textWidth - 1));
	const seen = values.slice(-width).filter((value) => value !== null);
	const isFull = limit !== undefined && (seen.at(-1) ?? 0) >= limit * 0.99;
	const drawn = width > 0 ? sparkline(seen, limit ?? Math.max(...seen, 0), width, screen) : '';
	const rest = screen.columns - nameWidth - drawn.length;
	const head = cut(name.padEnd(nameWidth), screen.columns);
	return `${head}${paint(drawn, isFull ? colours.red : colours.cyan)}${cut(` ${text}`, rest)}`;
}

const levels = { unicode: ' ▁▂▃▄▅▆▇█', ascii: ' .:-=+*#' };

/** The last is at the right; `top` is as high as there is, and what is more is no higher. */
function sparkline(values: readonly number[], top: number, width: number, { unicode }: Screen): string {
	const glyphs = unicode ? levels.unicode : levels.ascii;
	const last = glyphs.length - 1;
	const glyph = (value: number) =>
		glyphs[value > 0 ? Math.min(last, Math.max(1, Math.round((last * value) / top))) : 0];
	return values.map(glyph).join('').padStart(width);
}

function cut(text: string, width: number): string {
	return text.length > width ? text.slice(0, Math.max(0, width)) : text;
}
