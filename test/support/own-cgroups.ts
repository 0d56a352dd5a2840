/** A cgroup in each hierarchy for one test file and all that it starts, so that what it finds below is its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHost } from '../../controller/host/hierarchy.js';
import type { Hierarchy } from '../../controller/model/host.js';

export interface OwnCgroups {
	/** What runs a command in them, in front of it. */
	command: string[];
	/** Removes them; resolves to the command lines of the processes that were left in them, which are killed. */
	remove(): Promise<string[]>;
}

/** All at once: on v1 each move waits until all processors have noticed. */
const enter = 'for d in $CGROUPS; do echo $$ >$d/cgroup.procs & done; wait; unset CGROUPS; exec "$@"';

export function ownCgroups(name: string): OwnCgroups {
	const directories = readHost().hierarchies.flatMap((hierarchy) => make(hierarchy, name));
	const callers = directories.map((path) => (existsSync(join(path, 'caller')) ? join(path, 'caller') : path));
	return {
		command: ['env', `CGROUPS=${callers.join(' ')}`, 'sh', '-c', enter, 'sh'],
		async remove() {
			const left = await emptied(directories, 2000);
			const commands = left.map(commandOf);
			while ((await emptied(directories, 0)).length > 0)
				for (const pid of processesIn(directories)) unlessGone(() => process.kill(pid, 'SIGKILL'));
			for (const path of directories.flatMap(below)) unlessGone(() => rmdirSync(path));
			return commands;
		},
	};
}

/**
 * With ten times the weight of others, because a quota shows only where there is more of a processor to have; and with what
 * its children need: controllers on v2, whose processes are in a leaf; processors and memory on v1.
 */
function make({ version, base, controllers }: Hierarchy, name: string): string[] {
	if (!base) return [];
	const above = dirname(base);
	const path = join(above, name);
	mkdirSync(path);
	if (version === 2) {
		const enabled = controllers.map((controller) => `+${controller}`).join(' ');
		for (const directory of [above, path]) writeFileSync(join(directory, 'cgroup.subtree_control'), enabled);
		mkdirSync(join(path, 'caller'));
	} else if (controllers.includes('cpuset'))
		for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(path, file), readFileSync(join(above, file)));
	const [weight, value] = version === 2 ? ['cpu.weight', '1000'] : ['cpu.shares', '10240'];
	if (controllers.includes('cpu')) writeFileSync(join(path, weight), value);
	// v1: without a share of it nothing in here may be scheduled before all others, as the shim is that counts forks
	const realTime = join(path, 'cpu.rt_runtime_us');
	if (existsSync(realTime) && Number(readFileSync(join(above, 'cpu.rt_runtime_us'))) >= 100_000)
		writeFileSync(realTime, '50000');
	return [path];
}

/** The processes that are in them after so many milliseconds, as soon as there are none. */
async function emptied(directories: string[], milliseconds: number): Promise<number[]> {
	for (const end = Date.now() + milliseconds; Date.now() < end && processesIn(directories).length > 0; )
		await sleep(10);
	return processesIn(directories);
}

function processesIn(directories: string[]): number[] {
	const texts = directories
		.flatMap(below)
		.map((path) => unlessGone(() => readFileSync(join(path, 'cgroup.procs'), 'utf8')) ?? '');
	return [...new Set(texts.join('').split('\n').filter(Boolean).map(Number))];
}

/** The directory and all below it, from the innermost to the outermost. */
function below(path: string): string[] {
	const inner = unlessGone(() => readdirSync(path, { withFileTypes: true })) ?? [];
	return [...inner.filter((entry) => entry.isDirectory()).flatMap(({ name }) => below(join(path, name))), path];
}

/** Processes end, and shims remove cgroups, while they are looked at. */
function unlessGone<T>(act: () => T): T | undefined {
	try {
		return act();
	} catch (error) {
		if (['ENOENT', 'ENODEV', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
		throw error;
	}
}

function commandOf(pid: number): string {
	const line = unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
	return line?.replaceAll('\0', ' ').trim() ?? 'a process that ended late';
}
