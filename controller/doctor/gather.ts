/** The facts of this host, in the one place where they are gathered. Takes some tens of milliseconds; changes nothing. */
import { accessSync, constants, existsSync } from 'node:fs';
import { arch, release, userInfo } from 'node:os';
import { join } from 'node:path';
import { readRights } from '../host/caller.js';
import { compilerPath, shimPath, version } from '../host/release.js';
import { capabilitiesOf } from '../plan/capabilities.js';
import { attempt, failureOf, textOf } from './attempt.js';
import { tryCgroups } from './cgroups.js';
import type { CallerFacts, Facts, Failure, OwnFacts, SystemFacts } from './facts.js';
import { tryMounts, tryNamespaces } from './namespaces.js';
import { tryNetwork } from './network.js';
import { patience } from './try-init.js';

export async function gatherFacts(): Promise<Facts> {
	const [own, cgroups, namespaces, mounts, network] = await Promise.all([
		ownFacts(),
		tryCgroups(),
		tryNamespaces(),
		tryMounts(),
		tryNetwork(),
	]);
	return {
		own,
		system: systemFacts(),
		caller: callerFacts(),
		cgroups,
		namespaces,
		mounts,
		...(network && { network }),
	};
}

async function ownFacts(): Promise<OwnFacts> {
	return {
		version,
		shim: shimPath(),
		shimVersion: await versionOf(shimPath()),
		...(isExecutable(compilerPath()) ? { seccompCompiler: compilerPath() } : {}),
	};
}

async function versionOf(program: string): Promise<string | Failure> {
	try {
		const { execa } = await import('execa'); // costs a start that does not need it
		const { stdout } = await execa(program, ['--version'], { env: {}, extendEnv: false, timeout: patience });
		return stdout.split(' ')[1] ?? stdout;
	} catch (error) {
		return failureOf(error);
	}
}

function systemFacts(): SystemFacts {
	const container = containerKind();
	return {
		release: release(),
		architecture: arch(),
		node: process.versions.node,
		commandLine: textOf('/proc/cmdline') ?? '',
		systemd: existsSync('/run/systemd/system'),
		userManager: existsSync(`/run/user/${process.geteuid?.()}/systemd`),
		...(container === undefined ? {} : { container }),
		swap: (textOf('/proc/swaps') ?? '').split('\n').length > 1,
		pressure: existsSync('/proc/pressure/memory'),
		seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
		sysctls: definedOf(sysctls, (name) => textOf(`/proc/sys/${name.replaceAll('.', '/')}`)),
		programs: definedOf(programs, findProgram),
	};
}

const sysctls = [
	'kernel.apparmor_restrict_unprivileged_userns',
	'kernel.unprivileged_userns_clone',
	...['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'].map((kind) => `user.max_${kind}_namespaces`),
];

const programs = ['newuidmap', 'newgidmap', 'ip', 'tc', 'nft', 'nsenter'];

function definedOf(names: string[], find: (name: string) => string | undefined): Record<string, string> {
	const entries = names.map((name) => [name, find(name)] as const);
	return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Also where the PATH of people without root does not lead. */
function findProgram(name: string): string | undefined {
	const directories = [...(process.env.PATH ?? '').split(':').filter(Boolean), '/usr/sbin', '/sbin'];
	return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
	return attempt(() => accessSync(path, constants.X_OK)) === 'done';
}

/** What left its mark: podman, Kubernetes and Docker have files and variables of their own, others tell systemd. */
function containerKind(): string | undefined {
	if (existsSync('/run/.containerenv')) return 'podman';
	if (process.env.KUBERNETES_SERVICE_HOST) return 'kubernetes';
	// the file alone is in every file system that was once a Docker image
	if (existsSync('/.dockerenv') && textOf('/proc/self/mountinfo')?.includes(' /etc/hostname ')) return 'docker';
	return textOf('/run/systemd/container') ?? process.env.container;
}

function callerFacts(): CallerFacts {
	const { uid, capabilities } = readRights();
	const name = nameOf(uid);
	return {
		uid,
		...(name === undefined ? {} : { name }),
		capabilities: capabilitiesOf(capabilities),
		subordinateUids: subordinateIds(textOf('/etc/subuid') ?? '', uid, name),
		subordinateGids: subordinateIds(textOf('/etc/subgid') ?? '', uid, name),
	};
}

function nameOf(uid: number): string | undefined {
	try {
		const user = userInfo();
		return user.uid === uid ? user.username : undefined;
	} catch {
		return undefined; // it has no entry in /etc/passwd
	}
}

/** How many ids the lines of a user give, subuid(5): name or uid, first, count. */
export function subordinateIds(text: string, uid: number, name: string | undefined): number {
	return text
		.split('\n')
		.map((line) => line.split(':'))
		.filter(([who]) => who === String(uid) || (name !== undefined && who === name))
		.reduce((sum, [, , count]) => sum + (Number(count) || 0), 0);
}
