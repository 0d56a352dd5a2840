/** crun and runc: an OCI bundle for each, with nothing in its root but our static programs. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { bare, probe, smallest } from '../support/paths.js';
import { busybox } from './bench.js';
import { cgroupsPath, removeCgroups } from './cgroups.js';

export interface PeerLimits {
	memory?: { limit: number; swap?: number };
	cpu?: { quota: number; period: number };
	pids?: { limit: number };
}

/** A peer that hangs for lack of memory has not started. Even at 1 % of an emulated processor runc needs less. */
const patience = 60_000;

export class Peer {
	readonly name: string;
	/** What is executed: a name to be found in PATH, or a path. */
	readonly path: string;
	/** First line of `--version`. */
	version = '';
	/** Why it cannot run on this host, in its own words. */
	problem: string | undefined;

	readonly #directory: string;
	readonly #signal: AbortSignal;
	#count = 0;

	/** `directory` is the peer's own: its bundle and its state live in it. */
	constructor(path: string, directory: string, signal: AbortSignal) {
		this.path = path;
		this.name = basename(path);
		this.#directory = directory;
		this.#signal = signal;
		// both want these two to exist, and crun makes its device nodes there
		for (const made of ['dev', 'proc']) mkdirSync(join(directory, 'rootfs', made), { recursive: true });
		for (const program of [bare, smallest, probe, busybox])
			copyFileSync(program, join(directory, 'rootfs', basename(program)));
	}

	/** Another one that can run at the same time, in cgroups of its own. */
	twin(number: number): Peer {
		const twin = new Peer(this.path, `${this.#directory}-${number}`, this.#signal);
		twin.problem = this.problem;
		return twin;
	}

	/** Finds out whether it can run here at all. */
	async check(): Promise<void> {
		const { stdout = '', failed, code } = await execa(this.path, ['--version'], { reject: false });
		if (failed) {
			this.problem = code === 'ENOENT' ? 'not installed' : `--version failed: ${code}`;
			return;
		}
		this.version = stdout.split('\n')[0] ?? '';
		this.configure(smallest);
		const { exitCode, stderr } = await this.#run('pipe');
		if (exitCode !== 0) this.problem = lastLine(stderr ?? '') || `failed with exit status ${exitCode}`;
	}

	/** What the next runs are to run: a static program of ours, its arguments, and its limits. */
	configure(program: string, args: string[] = [], resources: PeerLimits = {}): void {
		const config = {
			ociVersion: '1.0.2',
			process: {
				terminal: false,
				user: { uid: 0, gid: 0 },
				args: [`/${basename(program)}`, ...args],
				env: [],
				cwd: '/',
			},
			root: { path: 'rootfs' },
			mounts: [{ destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] }],
			linux: {
				namespaces: ['pid', 'mount', 'uts', 'ipc', 'cgroup'].map((type) => ({ type })),
				cgroupsPath: cgroupsPath(basename(this.#directory)),
				resources,
			},
		};
		writeFileSync(join(this.#directory, 'config.json'), JSON.stringify(config));
	}

	/** The arguments for one run from start to end. */
	runArgs(): string[] {
		this.#count++;
		return ['--root', join(this.#directory, 'state'), 'run', '--bundle', this.#directory, this.#id];
	}

	/** Whether the program ran and exited with 0. */
	async run(): Promise<boolean> {
		return (await this.#run('ignore')).exitCode === 0;
	}

	/** Runs it and tells what can be known of it afterwards: exit status, and all that was written to stderr. */
	async tell(): Promise<{ exitCode: number | undefined; stderr: string }> {
		const { exitCode, stderr = '' } = await this.#run('pipe');
		return { exitCode, stderr };
	}

	/** The arguments for a further program in the container that was started last. */
	execArgs(program: string, args: string[] = []): string[] {
		return ['--root', join(this.#directory, 'state'), 'exec', this.#id, `/${basename(program)}`, ...args];
	}

	get #id(): string {
		return `procready-bench-${process.pid}-${basename(this.#directory)}-${this.#count}`;
	}

	/** What a failed or aborted run may have left. */
	async clean(): Promise<void> {
		await removeCgroups(basename(this.#directory));
	}

	async #run(stderr: 'pipe' | 'ignore') {
		const result = await execa(this.path, this.runArgs(), {
			stdin: 'ignore',
			stdout: 'ignore',
			stderr,
			reject: false,
			detached: true, // Ctrl-C is for us: the peer would leave its cgroup behind
			timeout: patience,
			cancelSignal: this.#signal,
			killSignal: 'SIGKILL',
		});
		if (result.failed) await this.clean();
		this.#signal.throwIfAborted();
		return result;
	}
}

/** The message of one line of a log in logfmt, which is what runc writes, or the line itself. */
function lastLine(text: string): string {
	const line = text.trim().split('\n').at(-1) ?? '';
	return /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"') ?? line;
}
