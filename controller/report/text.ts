/** The report for people: what happened in the first lines, the account below. */
import type { Result } from './result.js';
import { bytes, count, duration } from './words.js';

export function reportText(result: Result): string {
	const lines = [
		`procready: ${outcome(result)}`,
		...result.verdict.causes.map(({ limit, sentence }) => `  ${limit}: ${sentence}`),
		...account(result).map(([name, value]) => `    ${name.padEnd(8)}${value}`),
	];
	return `${lines.join('\n')}\n`;
}

function outcome({ args, exitCode, signal, coreDumped, timedOut, wallTime }: Result): string {
	const command = args[0];
	const after = `after ${duration(wallTime)}`;
	if (timedOut) return `${command} was still running ${after}`;
	if (signal) return `${command} was ended by ${signal}${coreDumped ? ' (core dumped)' : ''} ${after}`;
	return `${command} exited with status ${exitCode} ${after}`;
}

function account({ limits, usage: { tasks, memory, cpu, rusage } }: Result): [string, string][] {
	const limit = (name: string) => limits.find((one) => one.limit === name)?.value;
	const rows: [string, string | undefined][] = [
		['tasks', join(peak(tasks.peak, limit('pids.max'), String), tasks.refused && `${tasks.refused} refused`)],
		[
			'memory',
			join(
				peak(memory.peak, limit('memory.max'), bytes),
				memory.oomKills && count(memory.oomKills, 'process killed', 'processes killed'),
			),
		],
		[
			'cpu',
			join(
				cpu.total !== null && `${duration(cpu.total)}`,
				cpu.user !== null && `${duration(cpu.user)} user, ${duration(cpu.system ?? 0)} system`,
				cpu.throttledPeriods && `throttled for ${duration(cpu.throttled ?? 0)}`,
			),
		],
		['faults', `${rusage.minflt} minor, ${rusage.majflt} major`],
		...limits
			.filter(({ rounded }) => rounded)
			.map(({ limit, asked, value }): [string, string] => [
				'rounded',
				`${limit}: ${asked} was asked for, the kernel took ${value}`,
			]),
	];
	return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

function peak(value: number | null, limit: string | undefined, show: (value: number) => string): string | undefined {
	if (value === null) return undefined;
	return `peak ${show(value)}${limit && limit !== 'max' ? ` of ${show(Number(limit))}` : ''}`;
}

function join(...parts: (string | number | false | null | undefined)[]): string | undefined {
	return parts.filter(Boolean).join(', ') || undefined;
}
