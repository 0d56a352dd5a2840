/** The container's cgroup directories: made, filled, joined, emptied and removed. Only directories of our own. */

import { errnoOf, ProcreadyError, reasonOf } from '../errors.js';
import { errnoText } from '../host/errno.js';
import { machine } from '../host/machine.js';
import { hasSystemd } from '../host/place.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import { didYouMean } from '../model/closest.js';
import { allInTurn } from '../model/in-turn.js';
import { limitNames } from '../model/limits.js';
import { v1Of } from '../model/limits-v1.js';
import { dirname } from '../model/path.js';
import type { Directory, LimitWrite } from '../model/plan.js';
import { bytesOf, sameValue } from '../model/values.js';
import { dropBase, useBase } from './bases.js';
import { enableControllers } from './controllers.js';
import { inheritCpuset } from './cpuset.js';
import { childrenOf, killInside } from './kill.js';

/** Makes the directories with their controllers. Whether it throws or not, removeDirectories has to follow. */
export function makeDirectories(directories: readonly Directory[]): void {
	for (const { base } of directories) useBase(base);
	for (const directory of directories) {
		makeDirectory(directory);
		equip(directory);
	}
}

/** Also of one that is there already, with fewer controllers. */
export function equip(directory: Directory): void {
	if (directory.version === 2) enableControllers(directory);
	inheritCpuset(directory);
}

/** The base is there nearly always; where it is not, or another procready has just removed it, it is made. */
function makeDirectory({ base, path }: Directory): void {
	for (let tries = 0; ; tries++)
		try {
			return void machine.makeDirectory(path);
		} catch (error) {
			if (errnoOf(error) !== 'ENOENT' || tries === 100) throw cannotMake(path, error);
			makeBase(base, path);
		}
}

function makeBase(base: string, path: string): void {
	try {
		machine.makeDirectory(base);
	} catch (error) {
		if (errnoOf(error) !== 'EEXIST') throw cannotMake(path, error);
	}
}

function cannotMake(path: string, cause: unknown): ProcreadyError {
	const errno = errnoOf(cause) ?? 'unknown error';
	const parent = dirname(dirname(path));
	if (errno === 'ENOENT')
		return new ProcreadyError('cgroup-missing', `there is no cgroup ${parent}: make it with mkdir -p ${parent}`, {
			errno,
			cause,
		});
	const help = remedy(errno, parent);
	return new ProcreadyError(
		help ? 'not-permitted' : 'cgroup-missing',
		`cannot make the cgroup ${path}: ${errnoText(errno)}${help && `; ${help}; procready doctor says how`}`,
		{ errno, cause },
	);
}

function remedy(errno: string, parent: string): string {
	if (errno === 'EROFS')
		return (
			'it is mounted read-only: a container of procready has it writable with --mount type=cgroup,dst=/sys/fs/cgroup,rw, ' +
			'any other has to be privileged, and have a cgroup namespace of its own'
		);
	if (errno !== 'EACCES' && errno !== 'EPERM') return '';
	const other = hasSystemd()
		? 'in systemd-run --user --scope -p Delegate=yes'
		: 'in a cgroup that root gives to this user';
	return `${parent} is not delegated to this user: run procready as root, or ${other}`;
}

/** Writes the limits in their order and reads each back. Throws `file-unknown`, `limit-refused`, `limit-too-small`. */
export async function writeLimits(writes: LimitWrite[]): Promise<AppliedLimit[]> {
	const applied: AppliedLimit[] = [];
	for (const write of writes) {
		if (write.limit === 'memory.max') await drain(write.directory, bytesOf(write.asked));
		if (!writeFiles(write)) continue;
		const value = readBack(write);
		applied.push({ limit: write.limit, asked: write.asked, value, rounded: !sameValue(write.asked, value) });
	}
	return applied;
}

/** False when the host has no file for a limit that was only implied. */
function writeFiles({ limit, asked, directory, files, implied }: LimitWrite): boolean {
	for (const { file, value } of files)
		try {
			machine.writeText(`${directory.path}/${file}`, value);
		} catch (cause) {
			if (errnoOf(cause) === 'ENOENT' && implied) return false;
			throw refusal(limit, asked, file, directory, cause);
		}
	return true;
}

/** In the v2 form, sizes in bytes. What the kernel holds exactly as it was written is what was asked for. */
function readBack({ limit, asked, directory, files }: LimitWrite): string {
	if (limit === 'devices') return asked; // no file says it in the order of the rules
	const held = (file: string) => machine.readText(`${directory.path}/${file}`);
	if (files.every(({ file, value }) => sameValue(value, held(file)))) return sizeOf(asked);
	const v1 = directory.version === 1 ? v1Of(limit) : undefined;
	return v1 ? v1.read(v1.files.map(held)) : held(files[0]?.file ?? limit);
}

/** `8M` is 8388608; what is no size stays as it is. */
function sizeOf(asked: string): string {
	const bytes = bytesOf(asked);
	return Number.isNaN(bytes) ? asked : String(bytes);
}

const drainTries = 20;
const drainPause = 2;

/**
 * The kernel charges memory in advance, up to 256 KiB for each processor, and gives it back some time after it was
 * asked to. So a limit that the init fits into may look too small at first: then v1 refuses it, and v2 kills. To ask
 * without that risk: v1 by the limit itself, v2 by memory.high, which never kills.
 */
async function drain({ version, path }: Directory, limit: number): Promise<void> {
	const [usage, ask, undo] =
		version === 2 ? ['memory.current', 'memory.high', true] : ['memory.usage_in_bytes', 'memory.limit_in_bytes', false];
	const isOver = () => Number(machine.readText(`${path}/${usage}`)) > limit;
	if (!isOver()) return;
	const before = undo && machine.readText(`${path}/${ask}`);
	for (let tries = 0; tries < drainTries && isOver(); tries++) {
		try {
			machine.writeText(`${path}/${ask}`, String(limit));
		} catch (error) {
			if (errnoOf(error) !== 'EBUSY') throw error;
		}
		if (isOver()) await machine.sleep(drainPause);
	}
	if (before) machine.writeText(`${path}/${ask}`, before);
	if (isOver()) throw tooSmall('memory.max', String(limit), { where: 'memory.max' });
}

function refusal(limit: string, asked: string, file: string, directory: Directory, cause: unknown): ProcreadyError {
	const errno = errnoOf(cause) ?? 'unknown error';
	const details = { where: limit, errno, cause };
	if (errno === 'ENOENT') return unknownFile(limit, file, directory, details);
	if (errno === 'EBUSY' && limit === 'memory.max') return tooSmall(limit, asked, details);
	const what = file === limit ? limit : `${limit} (${file} on cgroup v1)`;
	return new ProcreadyError('limit-refused', `${what}: the kernel refused "${asked}": ${errnoText(errno)}`, details);
}

export function tooSmall(limit: string, asked: string, details: { where: string; cause?: unknown }): ProcreadyError {
	return new ProcreadyError(
		'limit-too-small',
		`${limit}: ${asked} is smaller than the program needs to start; raise the limit`,
		details,
	);
}

function unknownFile(limit: string, file: string, { version, path }: Directory, details: object): ProcreadyError {
	const prefix = `${file.split('.')[0]}.`;
	const isWritten = (name: string) => ((machine.status(`${path}/${name}`)?.mode ?? 0) & 0o200) !== 0;
	const known = machine.list(path).filter((name) => name.startsWith(prefix) && isWritten(name));
	return new ProcreadyError(
		'file-unknown',
		`${limit}: the cgroup v${version} of this host has no file of this name${didYouMean(limit, limitNames)}; it takes ${known.join(', ')}`,
		details,
	);
}

/**
 * v1: moves processes into the directories, at procReady, so that what their set-up cost stays charged outside; on v2
 * they are born there. Each first move after a pause waits about 12 ms for the kernel's RCU, so the directories wait
 * together, and off the event loop. Of one that is gone the shim says what became of it, or has died too.
 */
export async function placeProcess(directories: Directory[], pid: number): Promise<void> {
	await Promise.all(directories.filter(({ version }) => version === 1).map((directory) => moveInto(directory, pid)));
}

/** Only the write is off the event loop: the others do not wait. One that is gone needs no place. */
export async function moveInto({ path }: Directory, ...pids: number[]): Promise<void> {
	const file = machine.open(`${path}/cgroup.procs`, 'write');
	try {
		for (const pid of pids)
			await machine.writeAside(file, String(pid)).catch((error) => {
				if (errnoOf(error) !== 'ESRCH') throw error;
			});
	} finally {
		machine.close(file);
	}
}

const removalDeadline = 2000;
const removalPause = 5;

/** Kills what is still inside and removes the directories; gives up after 2 s and then names what stays. */
export async function removeDirectories(directories: readonly Directory[]): Promise<void> {
	await allInTurn(
		() => removeOwn(directories),
		...directories.map(
			({ base }) =>
				() =>
					dropBase(base),
		),
	);
}

/** The same where what they stand in is not of procready. */
export async function removeOwn(directories: readonly Directory[]): Promise<void> {
	const deadline = machine.now() + removalDeadline;
	await allInTurn(
		...directories.map(
			({ path }) =>
				() =>
					removeOne(path, directories, deadline),
		),
	);
}

async function removeOne(path: string, directories: readonly Directory[], deadline: number): Promise<void> {
	while (!tryRemove(path)) {
		if (machine.now() > deadline)
			throw new ProcreadyError('setup-failed', `the cgroup ${path} is still in use and was left behind`);
		await killInside(directories);
		for (const child of childrenOf(path)) tryRemove(child);
		await machine.sleep(removalPause);
	}
}

/** False while something is in it. */
function tryRemove(path: string): boolean {
	try {
		machine.removeDirectory(path);
		return true;
	} catch (cause) {
		const errno = errnoOf(cause);
		if (errno === 'EBUSY' || errno === 'ENOTEMPTY') return false;
		if (errno === 'ENOENT' || !machine.exists(path)) return true; // EROFS and EACCES are said of what is not there too
		throw new ProcreadyError(
			'setup-failed',
			`the cgroup ${path} could not be removed and was left behind: ${reasonOf(cause)}`,
			{ cause, ...(errno && { errno }) },
		);
	}
}
