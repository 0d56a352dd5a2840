/** Kills all that is in a container's cgroups, also what forks faster than it can be signalled. */
import { errnoOf } from '../errors.js';
import { machine } from '../host/machine.js';
import type { Directory } from '../model/plan.js';
import { words } from '../model/words.js';

/**
 * One pass; what died in it is gone a moment later. Safe to repeat, and with directories that are removed already.
 * v2 has cgroup.kill, which no fork escapes. On v1 the freezer holds them still while they are signalled; where the
 * container has no directory there, a limit of 0 tasks at least refuses new ones.
 */
export async function killInside(directories: readonly Directory[]): Promise<void> {
	const v1 = directories.filter(({ version }) => version === 1);
	for (const { path } of directories.filter(({ version }) => version === 2))
		attempt(() => machine.writeText(`${path}/cgroup.kill`, '1'));
	const freezer = having(v1, 'freezer');
	const pids = having(v1, 'pids');
	if (freezer) await freeze(freezer);
	else if (pids) attempt(() => machine.writeText(`${pids.path}/pids.max`, '0'));
	for (const { path } of v1) signalInside(path);
	if (freezer) attempt(() => machine.writeText(`${freezer.path}/freezer.state`, 'THAWED')); // frozen they cannot die
}

/** The same without a wait, and without a limit of tasks: what is forked meanwhile is for who comes after. */
export function killNow(directories: readonly Directory[]): void {
	for (const { version, path } of directories)
		if (version === 1)
			signalInside(path, 'EPERM'); // those of other users end with their process 1
		else attempt(() => machine.writeText(`${path}/cgroup.kill`, '1'));
}

function having(directories: readonly Directory[], controller: string): Directory | undefined {
	return directories.find(({ controllers }) => controllers.includes(controller));
}

const freezeTries = 50;
const freezePause = 2;

/** The kernel freezes one task after the other; one that cannot be frozen now is signalled all the same. */
async function freeze({ path }: Directory): Promise<void> {
	const state = `${path}/freezer.state`;
	attempt(() => machine.writeText(state, 'FROZEN'));
	const isFreezing = () => attempt(() => machine.readText(state)) === 'FREEZING';
	for (let tries = 0; tries < freezeTries && isFreezing(); tries++) await machine.sleep(freezePause);
}

/** Also in the cgroups that the program made below its own, but those nested too deep to be named: the shim gets there. */
function signalInside(path: string, ...tolerated: string[]): void {
	for (const pid of processesIn(path)) attempt(() => machine.signal(pid, 'SIGKILL'), ...tolerated);
}

/** And below, but for those of other pid namespaces, which have no number here. */
export function processesIn(path: string): number[] {
	return [path, ...(attempt(() => childrenOf(path), 'ENAMETOOLONG') ?? [])]
		.flatMap((directory) => attempt(() => words(machine.readText(`${directory}/cgroup.procs`))) ?? [])
		.map(Number)
		.filter((pid) => pid > 0);
}

/** The cgroups below one, the deepest first. ENAMETOOLONG where they are nested thousands deep. */
export function childrenOf(path: string): string[] {
	const children: string[] = [];
	attempt(() => {
		for (const name of machine.listDirectories(path)) {
			const child = `${path}/${name}`;
			children.push(...childrenOf(child), child);
		}
	});
	return children;
}

/** What is gone meanwhile needs no killing. */
function attempt<T>(act: () => T, ...tolerated: string[]): T | undefined {
	try {
		return act();
	} catch (error) {
		if (!['ENOENT', 'ENODEV', 'ESRCH', ...tolerated].includes(errnoOf(error) ?? '')) throw error;
		return undefined;
	}
}
