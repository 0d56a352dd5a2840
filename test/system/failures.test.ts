/** What cannot be done is refused with a sentence that says what was wrong, where, and what to do. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { run } from '../../controller/index.js';
import { projectForEverybody } from '../support/everybody.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, smallest, top } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Buffer, mode: number): string {
	const path = join(directory, name);
	writeFileSync(path, content);
	chmodSync(path, mode);
	return path;
}

/** The smallest program as a file of another machine: e_machine of its ELF header changed to EM_S390. */
function foreign(): Buffer {
	const program = readFileSync(smallest);
	program.writeUInt16LE(22, 18);
	return program;
}

t.test('commands', async (t) => {
	const missing = { code: 'command-not-found', step: 'exec', errno: 'ENOENT' };
	const cannot = { code: 'command-not-executable', step: 'exec' };
	for (const [args, error] of [
		[['no-such-command'], { ...missing, message: /no-such-command: not found in PATH/ }],
		[['/no/such/command'], missing],
		[[join(smallest, 'below-a-file')], { ...missing, errno: 'ENOTDIR' }],
		[[''], { code: 'option-invalid', where: '/args' }],
		[[file('plain', 'text', 0o644)], { ...cannot, errno: 'EACCES' }],
		[[directory], { ...cannot, errno: 'EACCES' }],
		[[file('foreign', foreign(), 0o755)], { ...cannot, errno: 'ENOEXEC', message: /another architecture/ }],
		[[file('no-shebang', 'echo hello\n', 0o755)], { ...cannot, errno: 'ENOEXEC', message: /without a #! line/ }],
		[[file('bad-shebang', '#!/no/such/shell\n', 0o755)], { ...cannot, errno: 'ENOEXEC', message: /interpreter/ }],
		[
			['true', 'x'.repeat(200_000)],
			{ ...cannot, errno: 'E2BIG', message: /do not fit into a quarter of RLIMIT_STACK/ },
		],
		[['true', ...Array(699_049).fill('x')], { ...cannot, errno: 'E2BIG' }],
	] as const)
		await t.rejects(run([...args]), error, JSON.stringify(args).slice(0, 80));
	await t.rejects(run([]), { code: 'option-invalid', where: '/args' });
	await t.rejects(run(Array(699_051).fill('x')), { code: 'option-invalid', where: '/process/args/699050' });
	await t.rejects(run(['true', 'nul\0']), { code: 'option-invalid', where: '/process/args/1', message: /holds a NUL/ });
	await t.rejects(run(['true'], { cwd: '/no/such/directory' }), { code: 'cwd-invalid', step: 'cwd', errno: 'ENOENT' });
});

t.test('options', async (t) => {
	for (const [options, where] of [
		[{ limits: { pids: -1 } }, '/limits/pids'],
		[{ limits: { pids: 1.5 } }, '/limits/pids'],
		[{ limits: { pids: 'four' } }, '/limits/pids'],
		[{ limits: { pids: 4_194_305 } }, '/limits/pids'],
		[{ limits: { memory: 0 } }, '/limits/memory'],
		[{ limits: { memory: -4096 } }, '/limits/memory'],
		[{ limits: { memory: '64X' } }, '/limits/memory'],
		[{ limits: { memory: '1.3' } }, '/limits/memory'],
		[{ limits: { memory: '64KB' } }, '/limits/memory'],
		[{ limits: { memory: '' } }, '/limits/memory'],
		[{ limits: { cpu: 0 } }, '/limits/cpu'],
		[{ limits: { cpu: -0.5 } }, '/limits/cpu'],
		[{ limits: { cpu: '0.0001' } }, '/limits/cpu'],
		[{ limits: { cpu: '500 100000' } }, '/limits/cpu'],
		[{ limits: { cpu: '20000 5' } }, '/limits/cpu'],
		[{ limits: { pids: 1, set: { 'pids.max': 2 } } }, '/limits/set/pids.max'],
		[{ limits: { set: { '../pids.max': 2 } } }, '/limits/set/..~1pids.max'],
		[{ timeout: 0 }, '/timeout'],
		[{ timeout: '5 parsecs' }, '/timeout'],
		[{ env: { 'A=B': 'c' } }, '/env/A=B'],
		[{ env: { A: 'nul\0' }, extendEnv: false }, '/process/env/0'],
		[{ memory: '64M' }, '/memory'],
		[{ limits: { tasks: 4 } }, '/limits/tasks'],
	] as const)
		await t.rejects(run(['true'], options as object), { code: 'option-invalid', where }, JSON.stringify(options));
});

t.test('limits', async (t) => {
	const { hierarchies } = readHost();
	const memoryIsV2 = hierarchies.some(({ version, controllers }) => version === 2 && controllers.includes('memory'));
	for (const [set, error] of [
		[{ 'quantum.max': '1' }, { code: 'controller-missing', where: 'quantum.max', message: /it has .*memory/ }],
		[{ 'memory.hihg': '1M' }, { code: 'file-unknown', where: 'memory.hihg' }],
		[{ 'cgroup.procs': '1' }, { code: 'file-unknown', where: 'cgroup.procs' }],
		[{ 'cgroup.kill': '1' }, { code: 'file-unknown', where: 'cgroup.kill' }],
		[{ 'pids.max': 'many' }, { code: 'option-invalid', where: '/limits/set/pids.max' }],
		[{ 'memory.max': '' }, { code: 'option-invalid', where: '/limits/set/memory.max' }],
		[{ 'cpu.max': 50_000 }, { code: 'option-invalid', where: '/limits/set/cpu.max', message: /or "50000 100000"$/ }],
		[{ 'io.max': '8:0 rbps' }, { code: 'option-invalid', where: '/limits/set/io.max' }],
		[{ 'cpu.max': '20000000000000 1000000' }, { code: 'limit-refused', where: 'cpu.max', errno: 'EINVAL' }],
	] as const)
		await t.rejects(run(['true'], { limits: { set } as object }), error, JSON.stringify(set));
	const high = run([smallest], { limits: { set: { 'memory.high': '32M' } } });
	if (memoryIsV2) t.match((await high).limits, [{ limit: 'memory.high', value: String(32 * 2 ** 20) }]);
	else await t.rejects(high, { code: 'file-unknown', message: /cgroup v1/ });
	t.strictSame(await leftoversAfter('no process'), []);
});

/** Runs a shell script in a mount namespace of its own; $CLI is the command line, at a place that anybody can read. */
function inMountNamespace(script: string) {
	const { enter, at } = projectForEverybody();
	const prepared = `set -e; ${enter}; ${script}`;
	return execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', prepared], {
		reject: false,
		env: { CLI: `${process.execPath} ${at(cli)}` },
	});
}

t.test('no cgroup is mounted', async (t) => {
	const { exitCode, stderr } = await inMountNamespace(
		'umount --recursive --lazy /sys/fs/cgroup; exec $CLI run -- true',
	);
	t.equal(exitCode, 125);
	t.match(stderr, /^procready: no cgroup hierarchy is mounted: mount -t cgroup2/);
});

t.test('cgroup is mounted read-only', async (t) => {
	const remount = `for m in $(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts); do mount -o remount,bind,ro $m; done`;
	const { exitCode, stderr } = await inMountNamespace(`${remount}; exec $CLI run -- true`);
	t.equal(exitCode, 125);
	t.match(stderr, /^procready: cannot make the cgroup \/.*: read-only file system \(EROFS\); it is mounted read-only/);
});

t.test('not root', async (t) => {
	const { exitCode, stderr } = await inMountNamespace(
		'exec setpriv --reuid=65534 --regid=65534 --clear-groups $CLI run -- true',
	);
	t.equal(exitCode, 125);
	t.match(
		stderr,
		/^procready: cannot make the cgroup \/.*: permission denied \(EACCES\); .* is not delegated to this user: run procready as root/,
	);
});

t.test('root without CAP_SYS_ADMIN', async (t) => {
	const { exitCode, stderr } = await inMountNamespace(
		'exec setpriv --bounding-set=-sys_admin --inh-caps=-all $CLI run -- true',
	);
	t.equal(exitCode, 125);
	t.match(stderr, /^procready: unshare: new namespaces need CAP_SYS_ADMIN: Operation not permitted/);
	t.strictSame(await leftoversAfter('no process'), []);
});

t.test('no shim', async (t) => {
	const missing = await execa(process.execPath, [cli, 'run', 'true'], {
		reject: false,
		env: { PROCREADY_SHIM: '/no/such/shim' },
	});
	t.equal(missing.exitCode, 125);
	t.match(
		missing.stderr,
		/^procready: cannot start \/no\/such\/shim: no such file or directory \(ENOENT\); install procready again, or build it with make/,
	);
	t.strictSame(await leftoversAfter('no process'), []);
});

t.test('too few file descriptors for all: some fail, with an error, and nothing is left', async (t) => {
	const index = join(top, 'dist/controller/index.js');
	const script = `
		const { run } = await import(${JSON.stringify(index)});
		await run(['true']); // all that has to be loaded is open at once
		const { execFileSync } = await import('node:child_process');
		execFileSync('prlimit', ['--nofile=48', '--pid', String(process.pid)]);
		const all = await Promise.allSettled(Array.from({ length: 50 }, () => run(['true'])));
		const failed = all.filter(({ status }) => status === 'rejected');
		console.log(failed.length > 0, failed.every(({ reason }) => reason.code === 'setup-failed' && reason.errno === 'EMFILE'));
		console.log((await run(['echo', 'works again'])).stdout);`;
	const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script]);
	t.match(stdout, /^true true\nworks again\n/);
	t.strictSame(await leftoversAfter('no process'), []);
});
