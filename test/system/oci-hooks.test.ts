/** The hooks of an OCI config: where each runs, what it is told, and what becomes of the container where one fails. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Bundle } from '../support/oci.js';

const id = `procready-hooks-${process.pid}`;
const names = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
const env = ['PATH=/usr/bin:/bin'];

/** A hook of each kind, which notes its name, what it is told, and where it is. */
function noting(directory: string) {
	const script =
		'printf "%s %s %s %s\\n" "$1" "$(readlink /proc/self/ns/mnt)" "$(grep -c procready-hooks /proc/self/cgroup)" "$(cat)" >>"$2"';
	const hook = (name: string, file: string) => ({ path: '/bin/sh', args: ['sh', '-c', script, 'sh', name, file], env });
	const inside = new Set(['startContainer']);
	return Object.fromEntries(
		names.map((name) => [name, [hook(name, inside.has(name) ? '/notes' : join(directory, 'notes'))]]),
	);
}

const notesIn = (path: string) =>
	readFileSync(path, 'utf8')
		.trim()
		.split('\n')
		.map((line) => {
			const [name, namespace, cgroups, ...state] = line.split(' ');
			return { name, namespace, cgroups, state: JSON.parse(state.join(' ')) };
		});

t.test('each in its turn, and in its place', async (t) => {
	using bundle = new Bundle();
	const notes = join(bundle.path, 'notes');
	// one task: no hook is in the container's cgroup
	bundle.write(['sleep', '86484'], { hooks: noting(bundle.path), linux: { resources: { pids: { limit: 1 } } } });
	await bundle.create(id);
	const { pid } = await bundle.state(id);
	t.strictSame(
		notesIn(notes).map(({ name }) => name),
		['prestart', 'createRuntime', 'createContainer'],
	);
	await bundle.must('start', id);
	const inside = notesIn(join(bundle.rootfs, 'notes'));
	t.match(inside[0], {
		name: 'startContainer',
		namespace: readlinkSync(`/proc/${pid}/ns/mnt`),
		state: { status: 'created', pid },
	});
	await bundle.must('delete', '--force', id);
	const all = notesIn(notes);
	t.strictSame(
		all.map(({ name, state }) => `${name} ${state.status}`),
		[
			...[
				'prestart creating',
				'createRuntime creating',
				'createContainer creating',
				'poststart running',
				'poststop stopped',
			],
		],
	);
	const host = readlinkSync('/proc/self/ns/mnt');
	t.strictSame(
		all.map(({ namespace }) => namespace === host),
		[true, true, false, true, true],
	);
	for (const { state, cgroups } of [...all, ...inside]) {
		t.match(state, { id, ociVersion: '1.0.2', bundle: bundle.path });
		t.equal(cgroups, '0');
	}
	t.match(
		all.at(-1)?.state.procready,
		{ usage: { tasks: { peak: 1 } }, verdict: { causes: [] } },
		'the last is told of the end',
	);
	t.match(JSON.parse(readFileSync(join(bundle.path, 'procready.json'), 'utf8')), { verdict: { causes: [] } });
	t.strictSame(bundle.left(id), []);
});

t.test('one that fails ends the container, and is named', async (t) => {
	using bundle = new Bundle();
	const failing = { path: '/bin/sh', args: ['sh', '-c', 'echo no luck >&2; exit 3'], env };
	const last = { path: '/bin/sh', args: ['sh', '-c', `cat >${join(bundle.path, 'last')}`], env };
	for (const name of ['prestart', 'createRuntime', 'createContainer']) {
		bundle.write(['true'], { hooks: { [name]: [failing], poststop: [last] } });
		t.match(await bundle.call('create', '--bundle', bundle.path, id), {
			status: 1,
			stderr: new RegExp(`hook ${name} /bin/sh failed: no luck`),
		});
		t.strictSame(bundle.left(id), []);
		t.match(JSON.parse(readFileSync(join(bundle.path, 'last'), 'utf8')), { id, status: 'stopped' });
	}
	for (const name of ['startContainer', 'poststart']) {
		bundle.write(['sleep', '86485'], { hooks: { [name]: [failing] } });
		await bundle.create(id);
		t.match(await bundle.call('start', id), { status: 1, stderr: /failed: no luck/ });
		for (let tries = 0; tries < 200 && (await bundle.state(id)).status !== 'stopped'; tries++) await sleep(10);
		await bundle.must('delete', id);
		t.strictSame(bundle.left(id), []);
	}
});

t.test('one that takes longer than it may', async (t) => {
	using bundle = new Bundle();
	bundle.write(['true'], { hooks: { createRuntime: [{ path: '/bin/sleep', args: ['sleep', '86486'], timeout: 1 }] } });
	t.match(await bundle.call('create', '--bundle', bundle.path, id), {
		status: 1,
		stderr: /hook createRuntime \/bin\/sleep failed: .*time/i,
	});
	t.strictSame(bundle.left(id), []);
});

t.test('one that is wrong is refused with its pointer', async (t) => {
	using bundle = new Bundle();
	for (const [hook, where] of [
		[{ path: 'x' }, 'path'],
		[{ path: '/x', timeout: 0 }, 'timeout'],
		[{ path: '/x', args: [1] }, 'args'],
	] as const) {
		bundle.write(['true'], { hooks: { poststart: [hook] } });
		t.match(await bundle.call('create', '--bundle', bundle.path, id), {
			status: 1,
			stderr: new RegExp(`hooks.poststart.0.${where}`),
		});
	}
	t.notOk(existsSync(join(bundle.root, id)));
});
