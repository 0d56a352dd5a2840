/** `procready ps`: the containers that run and have a name. */

import { type LiveContainer, list } from '../container/live.js';
import { parseFlags } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';
import { visible } from '../model/visible.js';
import type { Stats } from '../report/stats.js';
import { bytes, duration } from '../report/words.js';
import { helpFlag } from './named.js';
import { stdout } from './output.js';
import { helpText, type Page } from './page.js';

const flags = {
	json: { type: 'boolean', help: 'with all that procready stats says of them, as JSON' },
	...helpFlag,
} as const satisfies Flags;

export const page: Page = {
	name: 'ps',
	summary: 'list the containers that run',
	synopsis: ['[--json]'],
	text: `Lists the containers of this user that run and were started with --name: what they use now, of which limit.`,
	topics: { 'Options:': flags },
	notes: `Exit status: 0.`,
};

interface Row {
	container: LiveContainer;
	stats: Stats;
}

/** Resolves to the exit status. */
export async function ps(argv: string[]): Promise<number> {
	const values = parseFlags(argv, flags, 'ps', 'of one container write procready stats WORD');
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	const looks = list().map(async (container): Promise<Row> => ({ container, stats: await container.stats() }));
	const rows = (await Promise.allSettled(looks)).flatMap((look) => (look.status === 'fulfilled' ? look.value : [])); // the others have just ended
	stdout.write(values.json ? json(rows) : table(rows));
	return 0;
}

function json(rows: Row[]): string {
	const all = rows.map(({ container: { name, id, pid, args }, stats }) => ({ name, id, pid, args, ...stats }));
	return `${JSON.stringify(all, null, '\t')}\n`;
}

function table(rows: Row[]): string {
	const lines = [['NAME', 'PID', 'STATE', 'TIME', 'TASKS', 'MEMORY', 'COMMAND'], ...rows.map(cells)];
	const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
	return lines
		.map((line) => line.map((cell, column) => (column === 6 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '))
		.map((line) => `${line}\n`)
		.join('');
}

function cells({ container, stats }: Row): string[] {
	const { tasks, memory, paused, wallTime, limits } = stats;
	const of = (name: string, show: (value: number) => string) => {
		const value = limits.find(({ limit }) => limit === name)?.value ?? 'max';
		return value === 'max' ? '' : ` of ${show(Number(value))}`;
	};
	return [
		container.name ?? '',
		String(container.pid),
		paused ? 'paused' : 'running',
		duration(wallTime),
		`${tasks.current ?? '-'}${of('pids.max', String)}`,
		`${memory.current === null ? '-' : bytes(memory.current)}${of('memory.max', bytes)}`,
		visible(container.args.join(' ')),
	];
}
