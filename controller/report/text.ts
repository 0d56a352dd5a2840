/** The report for people: what happened in the first lines, the account below, which on a terminal is paler. */
import { visible } from '../model/visible.js';
import { colours, painter } from './colours.js';
import type { Result } from './result.js';
import { bytes, count, duration, limitText } from './words.js';

/** With `hasColours` it has escape sequences for a terminal: a cause that may have ended the program is red, any other yellow. */
export function reportText(result: Result, hasColours = false): string {
	const paint = painter(hasColours);
	const { bold, faint, red, yellow } = colours;
	const lines: [text: string, sgr: number][] = [
		[`procready: ${outcome(result)}`, bold],
		...(isRiddle(result) ? [[`  ${result.verdict.sentence}`, yellow] as [string, number]] : []),
		...result.verdict.causes.map(({ limit, level, sentence, fatal }): [string, number] => [
			level === 'self' ? `  ${limit}: ${sentence}` : `  ${limit} (${level}): ${sentence}`,
			fatal === false ? yellow : red,
		]),
		...(result.verdict.causes.length === 0 && !isRiddle(result) ? [[`  ${unhit}`, bold] as [string, number]] : []),
		...account(result).map(([name, value]): [string, number] => [
			`    ${name.padEnd(9)}${value}`,
			name === 'note' ? yellow : faint,
		]),
	];
	return lines.map(([text, sgr]) => `${paint(visible(text), sgr)}\n`).join('');
}

/** Not that none was hit: of some limits no counter says so, and the program alone sees it. */
const unhit = 'No limit was seen to be hit.';

/** A signal that no limit explains: whoever reads it would look for the limit. */
export function isRiddle({ signal, timedOut, verdict }: Result): boolean {
	return signal !== null && !timedOut && !verdict.causes.some(({ fatal }) => fatal);
}

/** `sh exited with status 2 after 4.95 ms` */
export function outcome({ args, exitCode, signal, coreDumped, timedOut, wallTime }: Result): string {
	const command = visible(args[0] ?? '');
	const after = `after ${duration(wallTime)}`;
	if (timedOut) return `${command} was still running ${after}`;
	if (signal) return `${command} was ended by ${signal}${coreDumped ? ' (core dumped)' : ''} ${after}`;
	return `${command} exited with status ${exitCode} ${after}`;
}

/** Where forks could be interrupted, a refusal is not the only way in which watching them has changed what the program sees. */
function forksText({ attempted, refused, interruptible }: NonNullable<Result['forks']>): string {
	const text = `${attempted} attempted, ${refused.length} refused`;
	return interruptible ? `${text}; signals may have made others fail (EINTR)` : text;
}

function account(result: Result): [string, string][] {
	const { limits, usage, forks, outputBytes } = result;
	const { tasks, memory, cpu, io, pressure, rusage } = usage;
	const wasChanged = (name: string) => result.changes.some(({ limits }) => limits.some(({ limit }) => limit === name));
	// a peak may be from before the limit was changed
	const limit = (name: string) => (wasChanged(name) ? undefined : limits.find((one) => one.limit === name)?.value);
	const cpuTime = limit('cpu.time');
	const rows: [string, string | undefined][] = [
		...observedRows(result),
		['forks', forks && forksText(forks)],
		['tasks', join(peak(tasks.peak, limit('pids.max'), String), tasks.refused && `${tasks.refused} refused`)],
		[
			'memory',
			join(
				peak(memory.peak, limit('memory.max'), bytes),
				memory.highHits && `slowed down ${count(memory.highHits, 'time')}`,
				memory.groupKills
					? 'all processes killed'
					: memory.oomKills && count(memory.oomKills, 'process killed', 'processes killed'),
			),
		],
		['resident', resident(rusage.maxrss, limit('memory.max'))],
		['swap', memory.swapPeak ? peak(memory.swapPeak, limit('memory.swap.max'), bytes) : undefined],
		[
			'cpu',
			join(
				cpu.total !== null &&
					`${duration(cpu.total)}${cpuTime === undefined ? '' : ` of ${duration(Number.parseFloat(cpuTime))}`}`,
				cpu.user !== null && `${duration(cpu.user)} user, ${duration(cpu.system ?? 0)} system`,
				cpu.throttledPeriods && `throttled for ${duration(cpu.throttled ?? 0)}`,
			),
		],
		['output', outputBytes === undefined ? undefined : `${bytes(outputBytes)} of ${bytes(Number(limit('output')))}`],
		['io', transferred(io)],
		['waited', waited(pressure)],
		['faults', pair(rusage.minflt, 'minor page faults', rusage.majflt, 'major')],
		['switches', pair(rusage.nvcsw, 'voluntary context switches', rusage.nivcsw, 'involuntary')],
		...limits
			.filter(({ rounded }) => rounded)
			.map(({ limit, asked, value }): [string, string] => [
				'rounded',
				`${limit}: ${asked} was asked for, the kernel took ${value}`,
			]),
	];
	const noted = (result.notes ?? []).map((note): [string, string] => ['note', note]);
	rows.push(...scheduled(result), ...changed(result), ...noted);
	return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** Of a command that was only observed: what it used itself, and the cgroups that it was in with what others have set there. */
function observedRows({ observed, usage: { rusage } }: Result): [string, string][] {
	if (!observed) return [];
	const { utime, stime, maxrss } = rusage;
	const time = `${duration(utime ?? 0)} user, ${duration(stime ?? 0)} system, with the children it waited for`;
	const cgroups = observed.cgroups.filter(({ own, limits }) => own || limits.length > 0);
	return [
		['observed', 'nothing was limited or isolated; the limits below are those of others'],
		...(utime === null || maxrss === null
			? []
			: ([
					['cpu', time],
					['memory', `${bytes(maxrss)} resident in its largest process`],
				] as [string, string][])),
		...cgroups.map(({ path, limits, shared, controllers }): [string, string] => [
			'cgroup',
			join(
				`${path} (${controllers.join(', ')})`,
				limits.map(({ limit, value }) => `${limit} ${limitText(limit, value)}`).join(', ') || 'no limit',
				shared === true ? 'with other processes in it' : shared === null && 'who is in it is not known',
			) as string,
		]),
	];
}

/**
 * Only where it is more than memory.max, and looks as if the limit had not held. ru_maxrss of getrusage(2) is the most that one
 * process had resident, pages of files among it, which are charged to the cgroup that read them first. execve(2) keeps it: what
 * the shim had resident, which is charged outside, is the least that it can be.
 */
function resident(maxrss: number | null, limit: string | undefined): string | undefined {
	if (maxrss === null || !(maxrss > Number(limit))) return undefined;
	return `up to ${bytes(maxrss)} in one process, above memory.max: this counts pages of files, also those charged to another cgroup that read them first, and what was resident before execve(2)`;
}

function pair(one: number | null, name: string, other: number | null, its: string): string | undefined {
	return one === null || other === null ? undefined : `${one} ${name}, ${other} ${its}`;
}

/** What was done to it when, a line each. */
export function scheduled({ schedule = [] }: Result): [string, string][] {
	return schedule.map(({ time, when, did, error }) => [
		'schedule',
		`${when}: ${did}${time === null ? '' : ` after ${duration(time)}`}${error === undefined ? '' : `: NOT DONE: ${error}`}`,
	]);
}

function changed({ changes }: Result): [string, string][] {
	return changes.map(({ wallTime, limits }) => [
		'changed',
		`after ${duration(wallTime)}: ${limits.map(({ limit, value }) => `${limit} ${limitText(limit, value).replaceAll('\n', '; ')}`).join(', ')}`,
	]);
}

export function transferred({ readBytes, writtenBytes, reads, writes }: Result['usage']['io']): string | undefined {
	return join(
		readBytes && `${bytes(readBytes)} read in ${count(reads ?? 0, 'operation')}`,
		writtenBytes && `${bytes(writtenBytes)} written in ${count(writes ?? 0, 'operation')}`,
	);
}

/** Only what is worth a line: a millisecond or more. */
export function waited(pressure: Result['usage']['pressure']): string | undefined {
	return join(
		...(['cpu', 'memory', 'io'] as const).map((resource) => {
			const { some } = pressure[resource];
			return some !== null && some >= 1 && `for ${resource} ${duration(some)}`;
		}),
	);
}

function peak(value: number | null, limit: string | undefined, show: (value: number) => string): string | undefined {
	if (value === null) return undefined;
	return `peak ${show(value)}${limit && limit !== 'max' ? ` of ${show(Number(limit))}` : ''}`;
}

export function join(...parts: (string | number | false | null | undefined)[]): string | undefined {
	return parts.filter(Boolean).join(', ') || undefined;
}
