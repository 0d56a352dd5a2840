/** `procready stats`: what a container uses, again and again. */

import { integer, invalidFlag } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';
import { parseDuration } from '../model/units.js';
import type { Stats } from '../report/stats.js';
import { statsLine, statsTable } from '../report/stats-text.js';
import { findNamed, helpFlag } from './named.js';
import { stdout } from './output.js';
import type { Page } from './page.js';

const flags = {
	interval: { type: 'string', value: 'T', help: 'seconds, or 500ms, 10s, 5m, between two; default: 1' },
	count: { type: 'string', short: 'n', value: 'N', help: 'that many; default: until the container ends' },
	json: { type: 'boolean', help: 'all there is, one JSON text a line' },
	...helpFlag,
} as const satisfies Flags;

export const page: Page = {
	name: 'stats',
	summary: 'show what a container uses',
	synopsis: ['NAME [--interval T] [--count N] [--json]'],
	text: `Shows what the container that was started with --name NAME uses, until it ends: in a terminal a table that is kept up to
date, else a line each time. What is counted is so from the first instruction of the program on; cpu is the share of one
processor since the time before.`,
	topics: { 'Options:': flags },
	notes: `Exit status: 0; 125 when there is no such container.`,
};

/** Resolves to the exit status. */
export async function stats(argv: string[]): Promise<number> {
	const found = findNamed(argv, flags, page);
	if (!found) return 0;
	const { container, values } = found;
	const interval = parseDuration(values.interval ?? 1, '--interval', 's');
	const number = values.count === undefined ? Number.POSITIVE_INFINITY : integer('--count', values.count);
	if (number < 1) throw invalidFlag('--count', `${values.count} is not a number from 1 on`);
	const show = values.json ? asJson : stdout.terminal ? drawing(`${container.name}  pid ${container.pid}`) : statsLine;
	let before: Stats | undefined;
	let shown = 0;
	for await (const sample of container.samples({ interval, signal: stdout.closed })) {
		stdout.write(show(sample, before));
		before = sample;
		if (++shown >= number) break;
	}
	return 0;
}

function asJson(sample: Stats): string {
	return `${JSON.stringify(sample)}\n`;
}

/** The table in the place of the one before; lines are cut at the edge, so that their number is known. */
function drawing(title: string) {
	let height = 0;
	return (sample: Stats, before: Stats | undefined) => {
		const table = statsTable(title, sample, before);
		const back = height > 0 ? `\x1b[${height}A\x1b[J` : '';
		height = table.split('\n').length - 1;
		return `${back}\x1b[?7l${table}\x1b[?7h`;
	};
}
