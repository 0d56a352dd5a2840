/**
 * `procready run --observe` in containers of podman, from the image: as root and as another user, with cgroups that are
 * mounted read-only there. Each answer names the limit that podman has set, where one was hit, and no other.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Result } from '../../controller/index.js';
import { removeCgroups, withEngines } from '../support/oci.js';
import { top } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-podman-'));
chmodSync(directory, 0o777);
const report = join(directory, 'it.json');
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

const parent = `procready-podman-${process.pid}`;

/** All that podman keeps is below the directory. */
const places = ['root', 'runroot', 'tmpdir'].map((name) => `--${name}=${join(directory, name)}`);
const settings = ['--runtime=/usr/bin/crun', '--cgroup-manager=cgroupfs', '--events-backend=none'];
const podman = (...args: string[]) => withEngines(directory, 'exec podman "$@"', ...places, ...settings, ...args);

/** `null`: none of the container's limits was hit. */
const situations: Record<string, { limits: string[]; command: string; status: number; cause: string | null }> = {
	'no limit is hit': {
		limits: ['--memory=300m', '--pids-limit=60', '--cpus=2'],
		command: 'exit 3',
		...{ status: 3, cause: null },
	},
	'a child is killed for the memory': {
		limits: ['--memory=200m', '--memory-swap=200m'],
		command: 'node -e "Buffer.alloc(4e8, 1)"; exit 0',
		...{ status: 0, cause: 'memory.max' },
	},
	'the command is killed for the memory': {
		limits: ['--memory=200m', '--memory-swap=200m'],
		command: 'exec node -e "Buffer.alloc(4e8, 1)"',
		...{ status: 137, cause: 'memory.max' },
	},
	'somebody kills the command': {
		limits: ['--memory=300m'],
		command: 'kill -9 $$',
		...{ status: 137, cause: null },
	},
	'forks are refused': {
		limits: ['--pids-limit=40'],
		command: 'for i in $(seq 60); do sleep 1 & done; wait',
		...{ status: 2, cause: 'pids.max' },
	},
	'the processors are used up': {
		limits: ['--cpus=0.2'],
		command: 'exec node -e "while (process.cpuUsage().user < 500_000);"',
		...{ status: 0, cause: 'cpu.max' },
	},
};

t.test('what is observed there, and what is refused', async (t) => {
	const pulled = await podman('pull', '--quiet', `oci:${join(top, 'dist/image')}`);
	if (pulled.status !== 0) throw new Error(pulled.stderr);
	const image = pulled.stdout.trim();
	t.teardown(async () => {
		await podman('rmi', '--force', image);
		removeCgroups(parent);
	});
	const inside = (user: string, limits: readonly string[], ...command: string[]) => {
		const rlimits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=4096:4096'];
		const around = [
			'--rm',
			'--network=none',
			`--cgroup-parent=/${parent}`,
			`--user=${user}`,
			`--volume=${directory}:/report`,
			...rlimits,
		];
		return podman('run', ...around, ...limits, image, 'procready', 'run', ...command);
	};
	for (const user of ['0', '12345']) {
		for (const [name, { limits, command, status, cause }] of Object.entries(situations)) {
			const what = `${name}, as ${user}`;
			const file = ['--json', '/report/it.json', '--', 'sh', '-c', command];
			const { status: ended, stderr } = await inside(user, limits, '--observe', ...file);
			t.equal(ended, status, what);
			if (!existsSync(report)) throw new Error(`${what}: no report: ${stderr}`);
			const { verdict }: Result = JSON.parse(readFileSync(report, 'utf8'));
			rmSync(report);
			t.strictSame(
				verdict.causes.map(({ limit, level }) => `${limit} ${level}`),
				cause === null ? [] : [`${cause} self`],
				`${what}: ${verdict.sentence}`,
			);
		}
		const [unlimited, limited] = [await inside(user, [], 'true'), await inside(user, [], '--pids-max', '4', 'true')];
		t.match([unlimited, limited], [{ status: 125 }, { status: 125 }]);
		t.match(unlimited.stderr, /EROFS.*procready run --observe -- COMMAND/);
		t.match(limited.stderr, /EROFS/);
		t.notMatch(limited.stderr, /--observe/, 'that would not limit it');
	}
});
