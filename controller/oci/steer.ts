/** `pause`, `resume`, `update`: a container that runs, changed. */

import { countNow } from '../cgroup/account.js';
import { changeLimits } from '../cgroup/change.js';
import { freeze, thaw } from '../cgroup/freezer.js';
import { invalidOption, notRunning, ProcreadyError } from '../errors.js';
import { readHost } from '../host/hierarchy.js';
import { machine } from '../host/machine.js';
import { isRunning } from '../host/processes.js';
import { inForce } from '../model/change.js';
import type { ContainerFacts } from '../model/container-facts.js';
import { since } from '../model/counters.js';
import { limitsOf } from '../plan/resources.js';
import { changeOf } from '../plan/update.js';
import { readJson } from './create.js';
import { configOf } from './dialect.js';
import type { ValuesOf } from './flags.js';
import { statusOf } from './status.js';
import { alone, type Entry, save } from './store.js';

/** Throws `not-running` where it is neither running nor paused, nor, where that is enough, created. */
function mustRun(entry: Entry, alsoCreated = false): ContainerFacts {
	const status = statusOf(entry);
	const isFit = status === 'running' || status === 'paused' || (alsoCreated && status === 'created');
	if (!entry.facts || !isFit) throw notRunning(`${entry.id} (${status})`);
	return entry.facts;
}

export async function pause(root: string, id: string): Promise<void> {
	await alone(root, id, async (entry) => {
		const facts = mustRun(entry, true);
		await freeze({ facts, isRunning: () => isRunning(facts) });
	});
}

export async function resume(root: string, id: string): Promise<void> {
	await alone(root, id, async (entry) => thaw(mustRun(entry, true)));
}

/** All of the new limits, or none. */
export async function update(root: string, id: string, values: ValuesOf<'update'>): Promise<void> {
	await alone(root, id, async (entry) => {
		const facts = mustRun(entry, true);
		const { directories, baseline, limits, startedAt } = facts;
		const resources =
			configOf({ ociVersion: '1.3.0', linux: { resources: resourcesOf(values) } }).spec.linux.resources ?? {};
		if (resources.devices?.length)
			throw invalidOption('/devices', 'rules of devices cannot be changed while the container runs');
		const asked = limitsOf(resources);
		if (asked.size === 0) throw new ProcreadyError('option-invalid', 'update names no limit');
		const counters = since(baseline, countNow(directories)); // before: lowering a limit may be its first hit
		const applied = await changeLimits(changeOf(asked, inForce(limits, entry.changes), facts, readHost()));
		const wallTime = Math.max(0, machine.monotonic() - startedAt) / 1000;
		save(root, { ...entry, changes: [...entry.changes, { wallTime, limits: applied, counters }] });
	});
}

/** `linux.resources`, of a file or of the flags. */
function resourcesOf(values: ValuesOf<'update'>): object {
	if (values.resources !== undefined)
		return readJson(values.resources === '-' ? '/dev/stdin' : values.resources) as object;
	const number = (name: Exclude<keyof typeof values, 'resources' | 'cpuset-cpus' | 'cpuset-mems'>) => {
		const given = values[name];
		if (given === undefined) return undefined;
		if (/^-?\d+$/.test(given)) return Number(given);
		throw new ProcreadyError('option-invalid', `--${name}: ${JSON.stringify(given)} is not an integer`, {
			where: `--${name}`,
		});
	};
	const memory = {
		limit: number('memory'),
		swap: number('memory-swap'),
		reservation: number('memory-reservation'),
	};
	const cpu = {
		period: number('cpu-period'),
		quota: number('cpu-quota'),
		shares: number('cpu-share'),
		cpus: values['cpuset-cpus'],
		mems: values['cpuset-mems'],
	};
	// members without a value are left out by JSON
	return JSON.parse(
		JSON.stringify({ memory, cpu, pids: { limit: number('pids-limit') }, blockIO: { weight: number('blkio-weight') } }),
	);
}
