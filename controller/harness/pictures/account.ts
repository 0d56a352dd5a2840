/** The whole account as a table, each number with its place in the result and the counter of the kernel that it is. */
import type { Result } from '../../report/result.js';
import { bytes, duration } from '../../report/words.js';
import { html, type Markup } from './html.js';

type Show = (value: number) => string;

/** `path`: in `usage`. */
export interface Row {
	path: string;
	name: string;
	show: Show;
	counter: string;
}

export const account: Record<string, Row[]> = {
	Tasks: [
		{ path: 'tasks.peak', name: 'most at once', show: number, counter: 'pids.peak' },
		{ path: 'tasks.refused', name: 'forks refused', show: number, counter: 'pids.events max' },
	],
	Memory: [
		{ path: 'memory.peak', name: 'most at once', show: bytes, counter: 'memory.peak' },
		{ path: 'memory.current', name: 'left at the end', show: bytes, counter: 'memory.current' },
		{ path: 'memory.swapPeak', name: 'most swap at once', show: bytes, counter: 'memory.swap.peak' },
		{ path: 'memory.highHits', name: 'slowed down', show: number, counter: 'memory.events high' },
		{ path: 'memory.limitHits', name: 'limit reached', show: number, counter: 'memory.events max' },
		{ path: 'memory.swapHits', name: 'swap limit reached', show: number, counter: 'memory.swap.events max' },
		{ path: 'memory.oom', name: 'nothing left to reclaim', show: number, counter: 'memory.events oom' },
		{ path: 'memory.oomKills', name: 'processes killed', show: number, counter: 'memory.events oom_kill' },
	],
	'Processor time': [
		{ path: 'cpu.total', name: 'in all', show: duration, counter: 'cpu.stat usage_usec' },
		{ path: 'cpu.user', name: 'user', show: duration, counter: 'cpu.stat user_usec' },
		{ path: 'cpu.system', name: 'system', show: duration, counter: 'cpu.stat system_usec' },
		{ path: 'cpu.periods', name: 'periods of cpu.max', show: number, counter: 'cpu.stat nr_periods' },
		{ path: 'cpu.throttledPeriods', name: 'throttled in', show: number, counter: 'cpu.stat nr_throttled' },
		{ path: 'cpu.throttled', name: 'throttled for', show: duration, counter: 'cpu.stat throttled_usec' },
	],
	'Block devices': [
		{ path: 'io.readBytes', name: 'read', show: bytes, counter: 'io.stat rbytes' },
		{ path: 'io.reads', name: 'reads', show: number, counter: 'io.stat rios' },
		{ path: 'io.writtenBytes', name: 'written', show: bytes, counter: 'io.stat wbytes' },
		{ path: 'io.writes', name: 'writes', show: number, counter: 'io.stat wios' },
	],
	Waited: [
		{ path: 'pressure.cpu.some', name: 'some task, for cpu', show: duration, counter: 'cpu.pressure some' },
		{ path: 'pressure.cpu.full', name: 'all tasks, for cpu', show: duration, counter: 'cpu.pressure full' },
		{ path: 'pressure.memory.some', name: 'some task, for memory', show: duration, counter: 'memory.pressure some' },
		{ path: 'pressure.memory.full', name: 'all tasks, for memory', show: duration, counter: 'memory.pressure full' },
		{ path: 'pressure.io.some', name: 'some task, for io', show: duration, counter: 'io.pressure some' },
		{ path: 'pressure.io.full', name: 'all tasks, for io', show: duration, counter: 'io.pressure full' },
	],
	'The processes': [
		{ path: 'rusage.utime', name: 'user time', show: duration, counter: 'ru_utime' },
		{ path: 'rusage.stime', name: 'system time', show: duration, counter: 'ru_stime' },
		{ path: 'rusage.maxrss', name: 'largest of them', show: bytes, counter: 'ru_maxrss' },
		{ path: 'rusage.minflt', name: 'minor page faults', show: number, counter: 'ru_minflt' },
		{ path: 'rusage.majflt', name: 'major page faults', show: number, counter: 'ru_majflt' },
		{ path: 'rusage.inblock', name: 'file system reads', show: number, counter: 'ru_inblock' },
		{ path: 'rusage.oublock', name: 'file system writes', show: number, counter: 'ru_oublock' },
		{ path: 'rusage.nvcsw', name: 'voluntary switches', show: number, counter: 'ru_nvcsw' },
		{ path: 'rusage.nivcsw', name: 'involuntary switches', show: number, counter: 'ru_nivcsw' },
	],
};

/** Each value is also there as the number that the JSON has. What this kernel does not count is left out, and named below. */
export function accountTables({ usage }: Pick<Result, 'usage'>): Markup {
	const groups = Object.entries(account).map(([title, rows]) => ({
		title,
		rows: rows.flatMap((row) => {
			const value = valueAt(usage, row.path);
			return value === null ? [] : [{ ...row, value }];
		}),
	}));
	const missing = Object.values(account).flatMap((rows) => rows.filter(({ path }) => valueAt(usage, path) === null));
	return html`<div class="account">
${groups.map(
	({ title, rows }) =>
		rows.length > 0 &&
		html`<table><caption>${title}</caption>
${rows.map(
	({ path, name, show, counter, value }) =>
		html`<tr><th scope="row">${name}<td class="number"><data id="usage.${path}" value="${value}">${show(value)}</data><td class="counter">${counter}</tr>
`,
)}</table>
`,
)}</div>
${missing.length > 0 && html`<p class="quiet">Not counted on this host: ${missing.map(({ counter }) => counter).join(', ')}.</p>`}`;
}

export function valueAt(usage: object, path: string): number | null {
	return path.split('.').reduce((at, name) => (at as Record<string, unknown>)[name], usage as unknown) as number | null;
}

function number(value: number): string {
	return String(value);
}
