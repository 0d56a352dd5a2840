/** The root of a container: a directory of the host, and nothing else of it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { makeInside, proc } from '../support/inside.js';
import { run } from '../support/raw-shim.js';

const inside = makeInside();
t.teardown(inside.remove);

const mountsBefore = readFileSync('/proc/self/mountinfo', 'utf8');

/** Prefix of a command: mounts of its own, made by the script, with that propagation. */
const under = (propagation: string, script: string) => [
	...['unshare', '--mount', '--propagation', propagation],
	...['sh', '-ec', `${script}; exec "$0" "$@"`],
];

t.test('the program sees the directory as its root, and no other mount of the host', async (t) => {
	writeFileSync(`${inside.path}/here`, '');
	t.match(await inside.sh('ls /'), /^here$/m);
	t.match(await inside.sh('cd /..; ls'), /^here$/m);
	const mounts = (await inside.sh('cat /proc/self/mountinfo')).trim().split('\n');
	t.strictSame(mounts.map((line) => line.split(' ')[4]).sort(), ['/', '/proc']);
	t.equal(await inside.sh('readlink /proc/self/cwd; readlink /proc/self/root'), '/\n/\n');
});

t.test('the root of the host can be the root', async (t) => {
	const { last, stdout } = await run(
		{ root: { path: '/', readonly: true }, args: ['sh', '-c', 'ls -A /; ! touch /procready-test 2>/dev/null'] },
		{ sealed: true },
	);
	t.match(last, { type: 'procExited', code: 0 });
	t.equal(stdout, `${readdirSync('/').sort().join('\n')}\n`);
});

t.test('a read-only root is not writable, and other mounts are', async (t) => {
	const readonly = { root: { path: inside.path, readonly: true } };
	t.equal(await inside.sh('touch /x 2>&1 || true', readonly), 'touch: /x: Read-only file system\n');
	const mounts = [{ destination: '/tmp', type: 'tmpfs' }];
	t.equal(await inside.sh('echo 1 >/tmp/x; cat /tmp/x', { ...readonly, mounts }), '1\n');
	writeFileSync(`${inside.path}/still-writable`, '');
});

t.test('what is mounted below the directory comes with it', async (t) => {
	mkdirSync(`${inside.path}/data`);
	const made = under('private', `mount -t tmpfs none ${inside.path}/data; echo 1 >${inside.path}/data/x`);
	t.equal(await inside.sh('cat /data/x', {}, { under: made }), '1\n');
});

t.test('root propagation: nothing goes to the host; what it mounts later comes in where asked for', async (t) => {
	mkdirSync(`${inside.path}/late`);
	const host = `mount --bind ${inside.path} ${inside.path}`;
	const later = `mount -t tmpfs none ${inside.path}/late; echo came in >${inside.path}/late/x`;
	for (const [rootfsPropagation, tags, comesIn] of [
		['private', '', false],
		['slave', 'master', true],
		['shared', 'shared master', true],
		['unbindable', 'unbindable', false],
	] as const) {
		const mounts: string[] = [];
		const stdout = await inside.sh(
			'cat /late/x || true; cat /proc/self/mountinfo',
			{ rootfsPropagation, readonlyPaths: ['/etc'], mounts: [proc, { destination: '/tmp', type: 'tmpfs' }] },
			{
				under: under('shared', host),
				before(turn, _, outer) {
					mounts.push(readFileSync(`/proc/${outer}/mountinfo`, 'utf8'));
					if (turn === 'procRun') execFileSync('nsenter', [`--mount=/proc/${outer}/ns/mnt`, 'sh', '-ec', later]);
				},
			},
		);
		const [, tagged] = / \/ rw\S* (.*) - /.exec(stdout.split('\n').find((line) => line.includes(' / rw')) ?? '') ?? [];
		t.equal(tagged?.replace(/:\d+/g, ''), tags === '' ? undefined : tags, `${rootfsPropagation} root`);
		t.equal(stdout.startsWith('came in\n'), comesIn, `${rootfsPropagation}: what the host mounts later`);
		t.equal(mounts[1], mounts[0], `${rootfsPropagation}: nothing reached the host`);
	}
});

t.test('a root that is none is named', async (t) => {
	writeFileSync(`${inside.path}/file`, '');
	for (const [path, expected] of [
		['/no/such', { errno: 2, message: 'root /no/such: No such file or directory' }],
		[`${inside.path}/file`, { errno: 0, message: `root ${inside.path}/file: is not a directory` }],
	] as const)
		t.match(await inside.refusal({ root: { path } }), { step: 'root', ...expected });
});

t.test('the mounts of the host are what they were', async (t) => {
	t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), mountsBefore);
});
