/** `list`, `ps`, `events`, `features`: what is asked of containers, and of this runtime. */

import { countNow } from '../cgroup/account.js';
import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { version } from '../host/release.js';
import { inForce } from '../model/change.js';
import { parseDuration } from '../model/units.js';
import { capabilityNames } from '../plan/capabilities.js';
import { pidsOf } from './end.js';
import type { ValuesOf } from './flags.js';
import { hookNames } from './hooks.js';
import { print, printJson } from './say.js';
import { stateOf, statusOf } from './status.js';
import { type Entry, load, loadAll } from './store.js';

function formatOf(given: string | undefined): 'table' | 'json' {
	if (given === undefined || given === 'table') return 'table';
	if (given === 'json') return given;
	throw new ProcreadyError('option-invalid', `--format: ${JSON.stringify(given)} is neither table nor json`);
}

export async function list(root: string, values: ValuesOf<'list'>): Promise<void> {
	const entries = loadAll(root);
	if (values.quiet) return print(entries.map(({ id }) => `${id}\n`).join(''));
	const rows = entries.map((entry) => ({ ...stateOf(entry), created: entry.created, owner: entry.owner }));
	if (formatOf(values.format) === 'json') return printJson(rows);
	const head = ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'];
	await print(
		table([
			head,
			...rows.map(({ id, pid, status, bundle, created, owner }) => [
				id,
				`${pid ?? 0}`,
				status,
				bundle,
				created,
				`${owner}`,
			]),
		]),
	);
}

export async function ps(root: string, id: string, values: ValuesOf<'ps'>): Promise<void> {
	const { plan } = load(root, id);
	const pids = pidsOf(plan.directories);
	if (formatOf(values.format) === 'json') return printJson(pids);
	const rows = pids.map((pid) => [`${pid}`, commandOf(pid)]);
	await print(table([['PID', 'COMMAND'], ...rows]));
}

/** Its arguments; empty where it has just ended. */
function commandOf(pid: number): string {
	try {
		return machine.readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
	} catch {
		return '';
	}
}

function table(rows: string[][]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows
		.map(
			(row) =>
				`${row
					.map((cell, column) => cell.padEnd(widths[column] ?? 0))
					.join('  ')
					.trimEnd()}\n`,
		)
		.join('');
}

/** A line of JSON in the form of runc, now and, without --stats, again until the container has stopped. */
export async function events(root: string, id: string, values: ValuesOf<'events'>): Promise<void> {
	const interval = parseDuration(values.interval ?? '5s', '/interval', 's');
	for (;;) {
		const entry = load(root, id);
		if (statusOf(entry) === 'stopped') {
			if (values.stats) throw new ProcreadyError('not-running', `container ${id} is stopped`);
			return;
		}
		await print(`${JSON.stringify({ type: 'stats', id, data: statsOf(entry) })}\n`);
		if (values.stats) return;
		await machine.sleep(interval);
	}
}

/** Of all that is counted in its cgroups, the init included: what engines show. Times are nanoseconds. */
function statsOf({ plan, facts, changes }: Entry) {
	const { tasks, memory, cpu } = countNow(plan.directories);
	const limits = inForce(facts?.limits ?? [], changes);
	const limitOf = (name: string) => Number(limits.find(({ limit }) => limit === name)?.value ?? 0) || 0;
	const nanoseconds = (microseconds: number | null) => Math.round((microseconds ?? 0) * 1000);
	return {
		cpu: {
			usage: { total: nanoseconds(cpu.total), user: nanoseconds(cpu.user), kernel: nanoseconds(cpu.system) },
			throttling: {
				periods: cpu.periods ?? 0,
				throttledPeriods: cpu.throttledPeriods ?? 0,
				throttledTime: nanoseconds(cpu.throttled),
			},
		},
		memory: {
			usage: {
				usage: memory.current ?? 0,
				max: memory.peak ?? 0,
				limit: limitOf('memory.max'),
				failcnt: memory.max ?? 0,
			},
		},
		pids: { current: tasks.current ?? 0, limit: limitOf('pids.max') },
	};
}

/** runtime-spec features.md. */
export async function features(): Promise<void> {
	await printJson({
		ociVersionMin: '1.0.0',
		ociVersionMax: '1.3.0',
		hooks: hookNames,
		linux: {
			namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
			capabilities: capabilityNames,
			cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: true },
			seccomp: { enabled: true },
			apparmor: { enabled: false },
			selinux: { enabled: false },
			intelRdt: { enabled: false },
		},
		annotations: { 'procready.version': version },
	});
}
