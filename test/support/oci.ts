/** The OCI runtime as its callers call it, and a bundle for it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	closeSync,
	existsSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHost } from '../../controller/host/hierarchy.js';
import { top } from './paths.js';
import { makeRootfs } from './rootfs.js';

export const runtime = join(top, 'dist/procready-oci');

export interface Said {
	/** `null`: a signal ended it. */
	status: number | null;
	stdout: string;
	stderr: string;
}

/**
 * Runs a shell script with container engines, in a directory, as they leave files in the current one. crun refuses a host
 * with both versions of cgroups: it is shown v1 alone.
 */
export function withEngines(directory: string, script: string, ...args: string[]): Promise<Said> {
	const whole = `cd ${directory}\numount /sys/fs/cgroup/unified 2>/dev/null\n${script}`;
	return call('unshare', ['--mount', 'sh', '-c', whole, 'sh', ...args]);
}

/** Runs a command to its end. What it prints goes to files: what it leaves behind may keep them open. */
export async function call(command: string, args: string[], killAfter?: number): Promise<Said> {
	const directory = mkdtempSync(join(tmpdir(), 'procready-said-'));
	const [out, err] = ['out', 'err'].map((name) => join(directory, name)) as [string, string];
	const files = [out, err].map((path) => openSync(path, 'w'));
	try {
		const child = spawn(command, args, { stdio: ['ignore', files[0], files[1]], detached: true });
		const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
		const [status] = await once(child, 'exit');
		clearTimeout(timer);
		return { status, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') };
	} finally {
		for (const file of files) closeSync(file);
		rmSync(directory, { recursive: true });
	}
}

export class Bundle implements Disposable {
	readonly path = mkdtempSync(join(tmpdir(), 'procready-bundle-'));
	/** Where the runtime keeps its state. */
	readonly root = join(this.path, 'state');
	readonly #rootfs = makeRootfs();

	/** The root file system of its containers, on the host. */
	get rootfs(): string {
		return this.#rootfs.path;
	}

	/** `config.json`, with these members in the place of the usual ones. */
	write(args: string[], { linux = {}, ...members }: { linux?: object; [member: string]: unknown } = {}): void {
		const config = {
			ociVersion: '1.0.2',
			process: { args, cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } },
			root: { path: this.#rootfs.path },
			mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
			linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })), ...linux },
			...members,
		};
		writeFileSync(join(this.path, 'config.json'), JSON.stringify(config));
	}

	/** The runtime, with these words. */
	call(...words: string[]): Promise<Said> {
		return call(runtime, ['--root', this.root, ...words]);
	}

	/** The same, where it must not fail. */
	async must(...words: string[]): Promise<string> {
		const { status, stdout, stderr } = await this.call(...words);
		if (status !== 0) throw new Error(`${words.join(' ')}: ${status} ${stderr}`);
		return stdout;
	}

	create(id: string, ...flags: string[]): Promise<string> {
		return this.must('create', '--bundle', this.path, ...flags, id);
	}

	async state(id: string) {
		return JSON.parse(await this.must('state', id));
	}

	/** State, and cgroups of this name. */
	left(name: string): string[] {
		const states = existsSync(this.root) ? readdirSync(this.root) : [];
		return [...states, ...readHost().hierarchies.flatMap(({ mountPoint }) => named(mountPoint, name))];
	}

	[Symbol.dispose](): void {
		rmSync(this.path, { recursive: true });
		this.#rootfs.remove();
	}
}

/** The cgroups that an engine has made for itself, where nobody is in them: it leaves them. */
export function removeCgroups(name: string): void {
	const found = `find /sys/fs/cgroup -depth -type d -path '*/${name}*'`;
	execFileSync('sh', ['-c', `${found} -exec rmdir {} ';' 2>/dev/null; test -z "$(${found})"`]);
}

/** The directories of this name, at any depth. */
function named(directory: string, name: string): string[] {
	const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	return below.flatMap((entry) => {
		const path = join(directory, entry.name);
		return entry.name === name ? [path] : existsSync(path) ? named(path, name) : [];
	});
}
