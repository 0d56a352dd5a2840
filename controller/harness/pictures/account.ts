/** The whole account as a table, each number with its place in the result and the counter of the kernel that it is. */
import type { Result } from '../../report/result.js';
import { bytes, duration } from '../../report/words.js';
import { html, type Markup } from './html.js';

type Show = (value: number) => string;

/** `path`: in the result. */
export interface Row {
	path: string;
	name: string;
	show: Show;
	counter: string;
}

export const account: Record<string, Row[]> = {
	Forks: [
		{ path: 'forks.attempted', name: 'attempted', show: number, counter: 'seccomp_unotify(2)' },
		{ path: 'forks.refused.length', name: 'refused as asked', show: number, counter: 'seccomp_unotify(2)' },
	],
	Tasks: [
		{ path: 'usage.tasks.peak', name: 'most at once', show: number, counter: 'pids.peak' },
		{ path: 'usage.tasks.refused', name: 'forks refused', show: number, counter: 'pids.events max' },
	],
	Memory: [
		{ path: 'usage.memory.peak', name: 'most at once', show: bytes, counter: 'memory.peak' },
		{ path: 'usage.memory.current', name: 'left at the end', show: bytes, counter: 'memory.current' },
		{ path: 'usage.memory.swapPeak', name: 'most swap at once', show: bytes, counter: 'memory.swap.peak' },
		{ path: 'usage.memory.highHits', name: 'slowed down', show: number, counter: 'memory.events high' },
		{ path: 'usage.memory.limitHits', name: 'limit reached', show: number, counter: 'memory.events max' },
		{ path: 'usage.memory.swapHits', name: 'swap limit reached', show: number, counter: 'memory.swap.events max' },
		{ path: 'usage.memory.oom', name: 'nothing left to reclaim', show: number, counter: 'memory.events oom' },
		{ path: 'usage.memory.oomKills', name: 'processes killed', show: number, counter: 'memory.events oom_kill' },
		{ path: 'usage.memory.groupKills', name: 'killed together', show: number, counter: 'memory.events oom_group_kill' },
	],
	'Processor time': [
		{ path: 'usage.cpu.total', name: 'in all', show: duration, counter: 'cpu.stat usage_usec' },
		{ path: 'usage.cpu.user', name: 'user', show: duration, counter: 'cpu.stat user_usec' },
		{ path: 'usage.cpu.system', name: 'system', show: duration, counter: 'cpu.stat system_usec' },
		{ path: 'usage.cpu.periods', name: 'periods of cpu.max', show: number, counter: 'cpu.stat nr_periods' },
		{ path: 'usage.cpu.throttledPeriods', name: 'throttled in', show: number, counter: 'cpu.stat nr_throttled' },
		{ path: 'usage.cpu.throttled', name: 'throttled for', show: duration, counter: 'cpu.stat throttled_usec' },
	],
	'Block devices': [
		{ path: 'usage.io.readBytes', name: 'read', show: bytes, counter: 'io.stat rbytes' },
		{ path: 'usage.io.reads', name: 'reads', show: number, counter: 'io.stat rios' },
		{ path: 'usage.io.writtenBytes', name: 'written', show: bytes, counter: 'io.stat wbytes' },
		{ path: 'usage.io.writes', name: 'writes', show: number, counter: 'io.stat wios' },
	],
	Waited: [
		{ path: 'usage.pressure.cpu.some', name: 'some task, for cpu', show: duration, counter: 'cpu.pressure some' },
		{ path: 'usage.pressure.cpu.full', name: 'all tasks, for cpu', show: duration, counter: 'cpu.pressure full' },
		{
			path: 'usage.pressure.memory.some',
			name: 'some task, for memory',
			show: duration,
			counter: 'memory.pressure some',
		},
		{
			path: 'usage.pressure.memory.full',
			name: 'all tasks, for memory',
			show: duration,
			counter: 'memory.pressure full',
		},
		{ path: 'usage.pressure.io.some', name: 'some task, for io', show: duration, counter: 'io.pressure some' },
		{ path: 'usage.pressure.io.full', name: 'all tasks, for io', show: duration, counter: 'io.pressure full' },
	],
	'The processes': [
		{ path: 'usage.rusage.utime', name: 'user time', show: duration, counter: 'ru_utime' },
		{ path: 'usage.rusage.stime', name: 'system time', show: duration, counter: 'ru_stime' },
		{ path: 'usage.rusage.maxrss', name: 'largest of them', show: bytes, counter: 'ru_maxrss' },
		{ path: 'usage.rusage.minflt', name: 'minor page faults', show: number, counter: 'ru_minflt' },
		{ path: 'usage.rusage.majflt', name: 'major page faults', show: number, counter: 'ru_majflt' },
		{ path: 'usage.rusage.inblock', name: 'file system reads', show: number, counter: 'ru_inblock' },
		{ path: 'usage.rusage.oublock', name: 'file system writes', show: number, counter: 'ru_oublock' },
		{ path: 'usage.rusage.nvcsw', name: 'voluntary switches', show: number, counter: 'ru_nvcsw' },
		{ path: 'usage.rusage.nivcsw', name: 'involuntary switches', show: number, counter: 'ru_nivcsw' },
	],
};

/** Each value is also there as the number that the JSON has. What this kernel does not count is left out, and named below. */
export function accountTables(result: Result): Markup {
	const groups = Object.entries(account).map(([title, rows]) => ({
		title,
		rows: rows.flatMap((row) => {
			const value = valueAt(result, row.path);
			return typeof value !== 'number' ? [] : [{ ...row, value }];
		}),
	}));
	const missing = Object.values(account).flatMap((rows) => rows.filter(({ path }) => valueAt(result, path) === null));
	return html`<div class="account">
${groups.map(
	({ title, rows }) =>
		rows.length > 0 &&
		html`<table><caption>${title}</caption>
${rows.map(
	({ path, name, show, counter, value }) =>
		html`<tr><th scope="row">${name}<td class="number"><data id="${path}" value="${value}">${show(value)}</data><td class="counter">${counter}</tr>
`,
)}</table>
`,
)}</div>
${missing.length > 0 && html`<p class="quiet">Not counted on this host: ${missing.map(({ counter }) => counter).join(', ')}.</p>`}`;
}

/** `undefined` where what it belongs to was not asked for. */
export function valueAt(result: Result, path: string): number | null | undefined {
	const at = (value: unknown, name: string) => (value as Record<string, unknown> | undefined)?.[name];
	return path.split('.').reduce(at, result) as number | null | undefined;
}

function number(value: number): string {
	return String(value);
}
