/** Containers whose root is nobody outside, made by root and by a user without root to whom cgroups were delegated. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { delegate, uid } from '../support/delegated.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { isV2 } from '../support/places.js';

const ids = [
	{ containerID: 0, hostID: 100_000, size: 1000 },
	{ containerID: 65_534, hostID: 65_534, size: 1 },
];

t.test('by root: ids inside are others outside', async (t) => {
	const options = { uidMappings: ids, gidMappings: ids, cwd: '/' };
	const { stdout } = await run(['cat', '/proc/self/uid_map', '/proc/self/gid_map'], options);
	const map = ids.map(({ containerID, hostID, size }) => [containerID, hostID, size].join(' '));
	t.strictSame(
		stdout
			.trim()
			.split('\n')
			.map((line) => line.trim().split(/\s+/).join(' ')),
		[...map, ...map],
	);
	await using container = await Container.launch(['sleep', '86433.1'], { ...options, user: '5:6' });
	const status = readFileSync(`/proc/${container.pid}/status`, 'utf8');
	t.match(status, /^Uid:\t100005\t100005\t100005\t100005$/m);
	t.match(status, /^Gid:\t100006\t100006\t100006\t100006$/m);
});

t.test('by root: a process that joins is in it too', async (t) => {
	await using container = await Container.launch(['sleep', '86433.2'], {
		uidMappings: ids,
		gidMappings: ids,
		cwd: '/',
	});
	for (const [options, line] of [
		[{}, 'Uid:\t0\t0\t0\t0\n'],
		[{ user: '7' }, 'Uid:\t7\t7\t7\t7\n'],
	] as const) {
		const execution = await container.exec(['grep', '^Uid', '/proc/self/status'], options);
		let output = '';
		for await (const chunk of execution.stdout ?? []) output += chunk;
		t.equal(output, line);
	}
});

t.test('an id map that the kernel refuses names the option', async (t) => {
	const long = Array.from({ length: 300 }, (_, i) => ({
		containerID: 4_000_000_000 + i,
		hostID: 1_000_000_000 + i,
		size: 1,
	}));
	await t.rejects(run(['true'], { uidMappings: long }), {
		code: 'not-permitted',
		where: '/uidMappings',
		errno: 'EINVAL',
		message:
			/^uidMappings: the kernel refused "4000000000 1000000000 1; .*; …": invalid argument \(EINVAL\): .* 4095 bytes in all$/,
	});
	const flags = long.flatMap(({ containerID, hostID }) => ['--gidmap', `${containerID}:${hostID}:1`]);
	t.match(await procready(['run', ...flags, 'true']), {
		status: 125,
		stderr: /^procready: --gidmap: the kernel refused/,
	});
	t.strictSame(await leftoversAfter('no process'), []);
});

const user = delegate();
t.teardown(() => user.remove());
const left = () => user.bases.flatMap((base) => (existsSync(base) ? base : []));

t.test('the program is root inside, under exact limits', async (t) => {
	t.match(await user.run('$CLI run -- id -u'), { status: 0, stdout: '0', stderr: '' });
	t.match(await user.run('$CLI run -- cat /proc/self/uid_map /proc/self/setgroups'), {
		stdout: new RegExp(`^ +0 +${uid} +1\ndeny$`),
	});
	for (const tasks of [1, 2, 5])
		t.match(await user.run(`$CLI run --pids-max ${tasks} -- $PROBE forks`), { status: 0, stdout: `${tasks - 1}` });
	t.match(await user.run('$CLI run --memory-max 8M -- $PROBE touch 16777216'), { status: 137, stderr: /memory.max/ });
	const own = `/sys/fs/cgroup/${isV2 ? '' : 'pids/'}pids.max`;
	t.match(await user.run(`$CLI run --pids-max 5 -- cat ${own}`), { status: 0, stdout: '5' }, 'which it sees');
	t.match(await user.run('$CLI run -- hostname inside'), { status: 0 });
	t.strictSame(left(), []);
});

/** The user gets a name, and as many ids as the line says. */
const subordinate = (line: string) => `
		cp /etc/passwd $TMP/passwd; echo "tester:x:${uid}:${uid}::/:/bin/sh" >> $TMP/passwd
		for file in subuid subgid; do echo "${line}" > $TMP/$file; touch /etc/$file; done
		for file in passwd subuid subgid; do mount --bind $TMP/$file /etc/$file; done`;
const maps = `--uidmap 0:${uid}:1 --uidmap 1:200000:100 --gidmap 0:${uid}:1 --gidmap 1:200000:100`;

t.test('more ids than the own one, by newuidmap and newgidmap', async (t) => {
	const allowed = subordinate('tester:200000:100');
	t.match(await user.run(`$CLI run ${maps} -- cat /proc/self/uid_map`, allowed), {
		status: 0,
		stdout: new RegExp(`^ +0 +${uid} +1\n +1 +200000 +100$`),
	});
	t.match(await user.run(`$CLI run ${maps} --user 5:6 --group 7 -- id`, allowed), {
		status: 0,
		stdout: /^uid=5.* gid=6.* groups=6[^,]*,7/,
	});
	t.match(await user.run(`$CLI run ${maps} --user 5 --timeout 0.3 -- sleep 86433.3`, allowed), { status: 124 });
	t.strictSame(left(), []);
});

t.test('what is missing is said', async (t) => {
	for (const [before, script, message] of [
		['', `PATH=/nowhere $CLI run ${maps} -- /bin/true`, /^procready: --uidmap: .*install the package uidmap$/],
		['', `$CLI run ${maps} -- true`, /^procready: --uidmap: newuidmap: Cannot determine your user name$/],
		[
			subordinate('tester:200000:50'),
			`$CLI run ${maps} -- true`,
			new RegExp(`^procready: --uidmap: newuidmap: .* not allowed: /etc/subuid must hold ${uid}:200000:100$`),
		],
		['', `$CLI run --uidmap 0:${uid}:1 --gidmap 0:0:1 -- true`, /^procready: --gidmap: newgidmap: /],
		['', `$CLI run --uidmap 5:${uid}:1 -- true`, /^procready: .*no id is mapped to 0/],
	] as const) {
		const { status, stderr } = await user.run(script, before);
		t.equal(status, 125, script);
		t.match(stderr, message);
	}
	t.strictSame(left(), []);
});

t.test('a name, and a process more', async (t) => {
	const script = `
			export XDG_RUNTIME_DIR=$TMP/runtime
			$CLI run --name mine -- sleep 86433.4 &
			until $CLI exec mine -- true 2>/dev/null; do :; done
			$CLI exec mine -- sh -c 'id -u; tr "\\0" " " < /proc/2/cmdline; exit 5'
			status=$?
			ls -l $XDG_RUNTIME_DIR/procready | grep -c mine.json
			kill $!
			wait $!
			echo " $? $status"
			ls $XDG_RUNTIME_DIR/procready`;
	const { stdout, stderr } = await user.run(script, `mkdir -m 700 $TMP/runtime; chown ${uid} $TMP/runtime`);
	t.strictSame({ stdout, stderr }, { stdout: '0\nsleep 86433.4 1\n 143 5', stderr: '' });
	t.strictSame(left(), []);
});

t.test('a controller that is killed leaves nothing', async (t) => {
	await user.run('$CLI run -- sleep 86433.5 & sleep 0.5; kill -9 $!');
	t.strictSame(await leftoversAfter('86433.5'), []);
	for (const end = Date.now() + 2000; left().length > 0 && Date.now() < end; ) await sleep(20); // it may have been starting
	t.strictSame(left(), []);
});

t.test('nothing is left', async (t) => {
	t.strictSame(leftovers('86433'), []);
});
