/** What a container uses, for people who watch it. */
import { processorsSince, type Stats } from './stats.js';
import { join, transferred, waited } from './text.js';
import { bytes, count, duration } from './words.js';

/** One line. `before` is the sample before this one: the cpu time is that since then. */
export function statsLine(stats: Stats, before: Stats | undefined): string {
	const { tasks, memory, wallTime, paused } = stats;
	const cells = [
		duration(wallTime).padStart(8),
		`tasks ${level(tasks.current, limitOf(stats, 'pids.max'), String, '/')}`,
		`memory ${level(memory.current, limitOf(stats, 'memory.max'), bytes, '/')}`,
		`cpu ${share(stats, before)}`,
		...[refused(stats), killed(stats), paused && 'paused'].filter((text) => text !== undefined && text !== false),
	];
	return `${cells.join('   ')}\n`;
}

/** A line for each resource. */
export function statsTable(title: string, stats: Stats, before: Stats | undefined): string {
	const { memory, io, pressure, wallTime, paused } = stats;
	const rows: [string, string | undefined][] = [
		['tasks', tasksText(stats)],
		['memory', memoryText(stats)],
		['swap', memory.swap ? level(memory.swap, limitOf(stats, 'memory.swap.max'), bytes, ' of ') : undefined],
		['cpu', cpuText(stats, before)],
		['io', transferred(io)],
		['waited', waited(pressure)],
	];
	const lines = rows.filter(([, text]) => text !== undefined).map(([name, text]) => `  ${name.padEnd(9)}${text}\n`);
	return `${title}  ${paused ? 'paused' : 'running'}, ${duration(wallTime)}\n${lines.join('')}`;
}

export function tasksText(stats: Stats): string | undefined {
	const { current, peak } = stats.tasks;
	return join(
		level(current, limitOf(stats, 'pids.max'), String, ' of '),
		peak !== null && `peak ${peak}`,
		refused(stats),
	);
}

export function memoryText(stats: Stats): string | undefined {
	const { current, peak, highHits } = stats.memory;
	return join(
		level(current, limitOf(stats, 'memory.max'), bytes, ' of '),
		peak !== null && `peak ${bytes(peak)}`,
		highHits && `slowed down ${count(highHits, 'time')}`,
		killed(stats),
	);
}

export function cpuText(stats: Stats, before: Stats | undefined): string | undefined {
	const { total, throttledPeriods, throttled } = stats.cpu;
	return join(
		share(stats, before),
		total !== null && `${duration(total)} in all`,
		throttledPeriods && `throttled for ${duration(throttled ?? 0)}`,
	);
}

export function limitOf({ limits }: Stats, name: string): string | undefined {
	return limits.find(({ limit }) => limit === name)?.value;
}

function level(value: number | null, limit: string | undefined, show: (value: number) => string, of: string): string {
	if (value === null) return '-';
	return `${show(value)}${limit === undefined || limit === 'max' ? '' : `${of}${show(Number(limit))}`}`;
}

/** Of one processor, in percent. */
function share(stats: Stats, before: Stats | undefined): string {
	const processors = processorsSince(before, stats);
	return processors === null ? '-' : `${Math.round(100 * processors)} %`;
}

function refused({ tasks }: Stats): string | undefined {
	return tasks.refused ? `${count(tasks.refused, 'fork')} refused` : undefined;
}

function killed({ memory }: Stats): string | undefined {
	if (memory.groupKills) return 'all processes killed';
	return memory.oomKills ? count(memory.oomKills, 'process killed', 'processes killed') : undefined;
}
