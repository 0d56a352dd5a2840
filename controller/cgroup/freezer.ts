/**
 * Pausing all that is in a container. cgroup-v2.rst "cgroup.freeze"; cgroup-v1/freezer-subsystem.rst. On v1 a container
 * is in the hierarchy of the freezer only once it has been paused.
 */
import { ProcreadyError } from '../errors.js';
import { textIfThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import type { ContainerDirectories, Directory } from '../model/plan.js';
import { keyed } from './counters.js';
import { gather, make, type Running } from './spare.js';

const patience = 2000;
const pause = 1;

/**
 * Resolves when nothing in it runs any more. Throws `container-busy` where that takes more than 2 s, because a task waits
 * in the kernel and cannot be stopped there; then all of it runs on.
 */
export async function freeze(container: Running): Promise<void> {
	const directory = freezable(container.facts);
	if (!directory)
		throw new ProcreadyError(
			'controller-missing',
			'pause: this host has no freezer: mount cgroup v2, or the controller freezer of cgroup v1',
		);
	if (!container.facts.directories.includes(directory)) await make(directory, container);
	try {
		setFrozen(directory, true); // first: whoever is moved there stops, and forks no more
		await gather(container.facts, directory);
		await untilFrozen(directory);
	} catch (error) {
		setFrozen(directory, false);
		throw error;
	}
}

/** Does nothing to one that is not paused. */
export function thaw(directories: ContainerDirectories): void {
	const directory = freezable(directories);
	if (!directory) return;
	try {
		setFrozen(directory, false);
	} catch (error) {
		if (machine.exists(directory.path)) throw error; // else it is not paused, or has ended
	}
}

/** Paused, or about to be. */
export function isFrozen(directories: ContainerDirectories): boolean {
	const directory = freezable(directories);
	return directory !== undefined && ![undefined, '0', 'THAWED'].includes(stateOf(directory));
}

/** v2 can freeze any directory; of v1 it takes that of the freezer. */
function freezable({ directories, spare }: ContainerDirectories): Directory | undefined {
	const all = [...directories, ...spare];
	return (
		directories.find(({ version }) => version === 2) ??
		all.find(({ controllers }) => controllers.includes('freezer')) ??
		spare.find(({ version }) => version === 2)
	);
}

const files = { 1: 'freezer.state', 2: 'cgroup.freeze' };
const values = { 1: ['THAWED', 'FROZEN'], 2: ['0', '1'] } as const;

function setFrozen({ version, path }: Directory, frozen: boolean): void {
	machine.writeText(`${path}/${files[version]}`, values[version][frozen ? 1 : 0]);
}

/** `undefined` where the directory is not there. */
function stateOf({ version, path }: Directory): string | undefined {
	return textIfThere(`${path}/${files[version]}`);
}

async function untilFrozen(directory: Directory): Promise<void> {
	for (const end = machine.now() + patience; !hasStopped(directory); await machine.sleep(pause)) {
		if (machine.now() > end)
			throw new ProcreadyError(
				'container-busy',
				`${directory.path}: not all of it could be stopped within ${patience / 1000} s, so it runs on`,
			);
		if (directory.version === 1) setFrozen(directory, true); // who could not be stopped before
	}
}

function hasStopped({ version, path }: Directory): boolean {
	if (version === 1) return machine.readText(`${path}/freezer.state`) === 'FROZEN';
	return keyed({ text: machine.readText(`${path}/cgroup.events`) }, 'frozen') === 1;
}
