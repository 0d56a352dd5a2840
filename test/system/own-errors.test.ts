/**
 * What fails of procready itself: a sentence and 125 of the command line, a ProcreadyError of the library, and never more than
 * that: what else there is to do is done, and nothing is left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Stats } from '../../controller/index.js';
import { bases, leftoversAfter } from '../support/leftovers.js';
import { cli } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** As somebody does who tidies up: moves what is in the container's cgroups to our own, and removes them. */
function removeCgroups(id: string): string[] {
	const paths = bases.map((base) => join(base, id)).filter(existsSync);
	for (const path of paths) {
		const above = dirname(dirname(path));
		const to = existsSync(join(above, 'caller')) ? join(above, 'caller') : above;
		for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
			writeFileSync(join(to, 'cgroup.procs'), pid);
		rmdirSync(path);
	}
	return paths;
}

async function drain(samples: AsyncIterable<Stats>): Promise<void> {
	for await (const _ of samples);
}

t.test('the cgroups are removed by somebody else', async (t) => {
	await using container = await Container.launch(['sleep', '86427'], { limits: { pids: 10, memory: '64M' } });
	const watched = drain(container.samples({ interval: 20 }));
	const removed = removeCgroups(container.id);
	container.kill('SIGTERM');
	const { signal, verdict, usage, notes } = await container.wait();
	t.equal(signal, 'SIGTERM');
	t.strictSame(verdict.causes, []);
	t.match(usage, { tasks: { peak: null, refused: null }, memory: { peak: null, oomKills: null } });
	t.equal(notes?.length, 1);
	for (const path of removed) t.ok(notes?.[0]?.includes(path), path);
	await watched;
	t.strictSame(await leftoversAfter('86427'), []);
});

t.test('the same for the command line: its status is that of the command, and it ends', async (t) => {
	const name = `own-errors-${process.pid}`;
	const child = spawn(process.execPath, [cli, 'run', '--name', name, '--', 'sh', '-c', 'echo; read line; exit 4']);
	const said = text(child.stderr);
	await once(child.stdout, 'data');
	const { id } = JSON.parse((await execa(process.execPath, [cli, 'ps', '--json'])).stdout).find(
		(one: { name: string }) => one.name === name,
	);
	removeCgroups(id);
	child.stdin.end('\n');
	t.equal((await once(child, 'exit'))[0], 4);
	t.match(await said, /\n {4}note +removed by somebody else while the program ran: \//);
	t.strictSame(await leftoversAfter(name), []);
});

/** Runs a shell script in a mount namespace of its own; $P is the command line. */
function inMountNamespace(script: string) {
	return execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', `set -e; cd ${directory}; ${script}`], {
		reject: false,
		env: { P: `${process.execPath} ${cli}` },
	});
}

t.test('the host does not take what is written', async (t) => {
	const run = 'mkdir -p /run/procready; mount -t tmpfs -o size=4k tmpfs /run/procready; cd /run/procready';
	const bases = readHost().hierarchies.flatMap(({ base }) => base ?? []);
	for (const [what, script, message] of [
		[
			'no room for the state file',
			`${run}; head -c 4096 /dev/zero >full; $P run --name n -- true || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: ENOSPC: its file system is full: make room there$/,
		],
		[
			'no room for all of it',
			`${run}; : >full; $P run --name n -- true $(seq 2000) || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: ENOSPC: its file system is full/,
		],
		[
			'no file may have a size',
			`${run}; : >full; ulimit -f 0; $P run --name n -- true || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: EFBIG: .* raise RLIMIT_FSIZE \(ulimit -f\)$/,
		],
		[
			'all is read-only',
			`mkdir -p ${bases.join(' ')}; for m in $(awk '{ print $2 }' /proc/mounts); do mount -o remount,bind,ro $m 2>/dev/null || :; done; $P run -- true || echo $?; echo full`,
			/^procready: cannot make the cgroup \/.*: EROFS; it is mounted read-only: /,
		],
		[
			'the state file is on a read-only file system',
			`${run}; : >full; mount -o remount,ro /run/procready; $P run --name n -- true || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: EROFS: its file system is read-only: /,
		],
		[
			'the working directory was removed',
			'mkdir gone; cd gone; rmdir ../gone; $P run -- pwd || echo $?; echo full',
			/^procready: "\." begins in the working directory, which was removed: give an absolute path$/,
		],
	] as const) {
		const { stdout, stderr } = await inMountNamespace(script);
		t.equal(stdout, '125\nfull', what);
		t.match(stderr, message, what);
	}
	t.strictSame(await leftoversAfter('no process'), []);
});
