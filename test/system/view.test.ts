/** What a program sees of its limits: memberships, mounts and files tell one story, and it is that of its container. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { Container } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, python, top } from '../support/paths.js';
import { hasController, isV2 } from '../support/places.js';

const MiB = 2 ** 20;
const script = join(top, 'test/support/own-limits.py');
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8');
const before = mounts();

/** How procready is called for a program with these options. */
const layouts: Record<string, (options: string[]) => string[]> = {
	'without a root': (options) => ['run', ...options, '--'],
	// whose mounts come along, and whose programs are there
	'with a root': (options) => ['run', '--rootfs', '/', ...options, '--'],
	'with a root, in a user namespace': (options) => ['run', '--rootfs', '/', '--ns', 'user=new', ...options, '--'],
	nested: (options) => [
		'run',
		'--pids-max',
		'200',
		'--memory-max',
		'1900M',
		'--',
		process.execPath,
		cli,
		...layout(options),
	],
};
const layout = (options: string[]) => ['run', ...options, '--'];

const limits = ['--memory-max', '1G', '--cpu-max', '0.5', '--pids-max', '60'];
const expected = { memory: String(1024 * MiB), cpu: '50000 100000', pids: '60', elsewhere: [] };

/** What it prints; throws where it failed. */
async function output(args: string[]): Promise<string> {
	const { status, stdout, stderr } = await procready(args);
	if (status !== 0) throw new Error(`${args.join(' ')}: ${status} ${stderr}`);
	return stdout;
}

for (const [name, command] of Object.entries(layouts))
	t.test(name, async (t) => {
		const seen = JSON.parse(await output([...command(limits), python, script]));
		t.match(seen, expected, 'a script that looks them up');
		t.strictSame(seen.roots, ['/'], 'nothing lies outside of what it sees');
		t.equal(new Set(seen.points).size, seen.points.length, 'none lies below another one');
		t.ok(seen.points.every((point: string) => point.startsWith('/sys/fs/cgroup')));

		const figures = 'console.log(process.constrainedMemory(), v8.getHeapStatistics().heap_size_limit)';
		const [memory, heap = 0] = (await output([...command(limits), process.execPath, '-e', figures]))
			.split(' ')
			.map(Number);
		t.equal(memory, 1024 * MiB, 'node');
		t.ok(heap > 500 * MiB && heap < 550 * MiB, `its heap is half of that: ${heap / MiB} MiB`);

		const files = isV2 ? 'memory.max pids.max' : 'memory/memory.limit_in_bytes pids/pids.max';
		const shell = `cd /sys/fs/cgroup; cat ${files}`;
		t.equal(await output([...command(limits), 'sh', '-c', shell]), `${1024 * MiB}\n60\n`, 'a shell');
	});

const own = `/sys/fs/cgroup${isV2 ? '' : '/pids'}`;
const show = `cat ${own}/pids.max`;

t.test('writable as the host’s is, and read-only in a root', async (t) => {
	const write = ['sh', '-c', `mkdir ${own}/made && rmdir ${own}/made`];
	t.match(await procready([...layout(limits), ...write]), { status: 0 });
	const inRoot = (...options: string[]) => procready(['run', '--rootfs', '/', ...options, ...limits, '--', ...write]);
	t.match(await inRoot(), { status: 1, stderr: /Read-only file system/ });
	t.match(await inRoot('--mount', 'type=cgroup,dst=/sys/fs/cgroup,rw'), { status: 0 }, 'unless it was asked for');
});

t.test('a user namespace: the own cgroup lies over those of the host, which are locked there', async (t) => {
	for (const options of [
		['--ns', 'user=new'],
		['--uidmap', '0:100000:1000', '--gidmap', '0:100000:1000', '--cwd', '/'],
	]) {
		t.equal(await output([...layout([...limits, ...options]), 'sh', '-c', show]), '60\n');
		const figure = 'console.log(process.constrainedMemory())';
		t.equal(await output([...layout([...limits, ...options]), process.execPath, '-e', figure]), `${1024 * MiB}\n`);
	}
});

t.test('the mounts of others are left alone', async (t) => {
	const seen = (...options: string[]) => output([...layout(options), 'cat', '/proc/self/mountinfo']);
	t.equal(await seen('--ns', 'mount=host', '--ns', 'cgroup=host'), before);
	const ofCgroups = (mountinfo: string) => mountinfo.split('\n').filter((line) => line.includes(' - cgroup'));
	const rootsAndPoints = (mountinfo: string) => ofCgroups(mountinfo).map((line) => line.split(' ').slice(3, 5));
	t.strictSame(rootsAndPoints(await seen('--ns', 'cgroup=host')), rootsAndPoints(before));
});

t.test('whoever joins sees the same, also what it is given later', async (t) => {
	await using container = await Container.launch(['sleep', '86470.1'], {
		limits: { memory: '1G', cpu: 0.5, pids: 60 },
	});
	const inside = async (...args: string[]) => {
		const execution = await container.exec(args, { stdin: 'ignore' });
		return text(execution.stdout as NodeJS.ReadableStream);
	};
	t.match(JSON.parse(await inside(python, script)), { ...expected, roots: ['/'] });
	await container.update({ memory: '512M', pids: 50, ...(hasController('cpuset') ? { cpus: '0' } : {}) });
	await container.pause();
	await container.resume();
	t.match(JSON.parse(await inside(python, script)), {
		...expected,
		memory: String(512 * MiB),
		pids: '50',
		roots: ['/'],
	});
	const mount = ['--ns', `mount=pid:${container.pid}`];
	t.equal(await output([...layout(mount), 'sh', '-c', show]), '50\n', 'and who enters its mounts alone');
});

t.test('nothing is left, and the mounts of the host are as they were', async (t) => {
	t.strictSame(await leftoversAfter('86470.1'), []);
	t.equal(mounts(), before);
});
