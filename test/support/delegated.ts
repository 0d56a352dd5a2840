/** A user without root, to whom cgroups were delegated: as systemd does it for a session, and CI services for a job. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { readHost } from '../../controller/host/hierarchy.js';
import { projectForEverybody } from './everybody.js';
import { cli, probe } from './paths.js';

/** Neither the user nor the group has a name. */
export const uid = 12_345;

/** v2: files of a directory that belong to whom it is delegated to. cgroups(7), "Delegation". */
const delegatedFiles = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

export interface Delegated {
	/**
	 * Runs a shell script as the user, in a mount namespace of its own; `before` is run there by root. $NODE, $CLI and
	 * $PROBE are where anybody can read them, $TMP is a directory of its own.
	 */
	run(script: string, before?: string): Promise<{ status: number | undefined; stdout: string; stderr: string }>;
	/** The directories that hold those of containers. */
	bases: string[];
	remove(): void;
}

export function delegate(): Delegated {
	const directory = mkdtempSync(join(tmpdir(), 'procready-user-'));
	const project = projectForEverybody();
	chmodSync(directory, 0o755);
	const places = readHost().hierarchies.flatMap(({ version, base, controllers }) => {
		const above = base && dirname(base);
		const isNeeded = ['pids', 'memory', 'cpu', 'cpuacct'].some((name) => controllers.includes(name));
		return above && isNeeded ? [{ version, path: join(above, `procready-user-${process.pid}`), controllers }] : [];
	});
	for (const { version, path } of places) {
		mkdirSync(path);
		chownSync(path, uid, uid);
		for (const file of version === 2 ? delegatedFiles : ['cgroup.procs']) chownSync(join(path, file), uid, uid);
		if (version === 2) mkdirSync(join(path, 'caller'));
	}
	const own = ({ version, path }: { version: number; path: string }) => (version === 2 ? join(path, 'caller') : path);
	return {
		bases: places.map(({ path }) => join(path, 'procready')),
		async run(script, before = '') {
			const enter = places.map((place) => `echo $$ > ${own(place)}/cgroup.procs`).join('; ');
			const user = `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups sh -c "$SCRIPT"`;
			const temporary = mkdtempSync(join(directory, 'tmp-'));
			chmodSync(temporary, 0o755);
			const { exitCode, stdout, stderr } = await execa(
				'unshare',
				['--mount', 'sh', '-c', `set -e; ${project.enter}; ${enter}; ${before}\n${user}`],
				{
					reject: false,
					env: {
						SCRIPT: script,
						TMP: temporary,
						NODE: process.execPath,
						CLI: `${process.execPath} ${project.at(cli)}`,
						PROBE: project.at(probe),
					},
				},
			);
			return { status: exitCode, stdout, stderr };
		},
		remove() {
			for (const place of places) {
				if (own(place) !== place.path) rmdirSync(own(place));
				// where the controller was killed its base is there, with the marks of what it has enabled
				for (const name of readdirSync(place.path).filter((one) => /^procready($|\+)/.test(one)))
					rmdirSync(join(place.path, name));
				rmdirSync(place.path);
			}
			rmSync(directory, { recursive: true });
		},
	};
}
