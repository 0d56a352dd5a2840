/** User namespaces: their maps are written from outside, with and without root. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mapped, mappedRoot, writeMaps } from '../support/id-maps.js';
import { goodConfig, rawShim, run, type ShimOptions } from '../support/raw-shim.js';
import { failure, look, whileRunning } from '../support/run-init.js';

const nobody = 65534;
const namespaces = { user: 'new', pid: 'new', mount: 'new', uts: 'new', ipc: 'new', network: 'new' };

/** Does this to a new init before procSetup. */
const before =
	(act: (pid: number) => void): Required<ShimOptions>['before'] =>
	(turn, pid) => {
		if (turn === 'procSetup') act(pid);
	};

/** Runs a shell script as the user, with the pid as $1; throws where it fails. */
function asNobody(script: string, pid: number): void {
	const done = spawnSync('sh', ['-ec', script, 'sh', String(pid)], { uid: nobody, gid: nobody, encoding: 'utf8' });
	if (done.status !== 0) throw new Error(done.stderr);
}

const outsideUid = (pid: number) => Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

t.test('mapped by root: root inside, another outside', async (t) => {
	const seen = await look({ namespaces }, mapped);
	t.strictSame([seen.uids, seen.gids, seen.groups], [[0, 0, 0], [0, 0, 0], []]);
	t.match(seen.uidMap, /^ *0 +100000 +65536\n$/);
	t.match(seen.gidMap, /^ *0 +100000 +65536\n$/);
	t.match(seen.capabilities, { effective: /^000001ffffffffff$/, inheritable: '0000000000000000' });
	await whileRunning({ namespaces }, (pid) => t.equal(outsideUid(pid), mappedRoot), mapped);
});

t.test('the user is one of the namespace', async (t) => {
	await whileRunning(
		{ namespaces, user: { uid: 1000, gid: 5, additionalGids: [7, 9] } },
		(pid) => {
			const status = readFileSync(`/proc/${pid}/status`, 'utf8');
			t.match(status, /^Uid:\t101000\t101000\t101000\t/m);
			t.match(status, /^Gid:\t100005\t100005\t100005\t/m);
			t.match(status, /^Groups:\t100007 100009 $/m);
		},
		mapped,
	);
});

t.test('ids that are not mapped are refused by name', async (t) => {
	for (const [user, message] of [
		[{ uid: 70000 }, /^setresuid 70000: not mapped in the user namespace/],
		[{ uid: 0, gid: 70000 }, /^setresgid 70000: not mapped in the user namespace/],
		[{ additionalGids: [70000] }, /^setgroups: a group is not mapped in the user namespace/],
	] as const)
		t.match(await failure({ namespaces, user: user as object }, mapped), { step: 'user', errno: 22, message });
});

t.test('a namespace without maps, or without an id 0, is refused', async (t) => {
	t.match(await failure({ namespaces }), {
		step: 'identity',
		errno: 22,
		message: /setresgid 0: no id is mapped to 0 of the user namespace/,
	});
	const onlyThousand = before((pid) => {
		writeFileSync(`/proc/${pid}/gid_map`, `0 ${mappedRoot} 1\n`);
		writeFileSync(`/proc/${pid}/uid_map`, `1000 ${mappedRoot} 1\n`);
	});
	t.match(await failure({ namespaces }, { before: onlyThousand }), {
		step: 'identity',
		message: /setresuid 0: no id is mapped to 0/,
	});
});

const singleId = before((pid) =>
	asNobody(
		`echo deny >/proc/$1/setgroups; echo "0 ${nobody} 1" >/proc/$1/uid_map; echo "0 ${nobody} 1" >/proc/$1/gid_map`,
		pid,
	),
);

t.test('without root: a map of one id, written by the user', async (t) => {
	const config = { namespaces: { ...namespaces, cgroup: 'new', time: 'new' }, hostname: 'mine' };
	const seen = await look(config, { uid: nobody, before: singleId });
	t.strictSame(
		[seen.uids, seen.gids],
		[
			[0, 0, 0],
			[0, 0, 0],
		],
	);
	t.match(seen.uidMap, /^ *0 +65534 +1\n$/);
	t.equal(seen.hostname, 'mine');
	t.equal(seen.pid, 1);
	t.match(seen.capabilities, { effective: '000001ffffffffff' });
	await whileRunning(config, (pid) => t.equal(outsideUid(pid), nobody), { uid: nobody, before: singleId });
});

t.test('where groups are denied, none may be asked for', async (t) => {
	const options = { uid: nobody, before: singleId };
	t.strictSame((await look({ namespaces, user: { uid: 0, gid: 0 } }, options)).uids, [0, 0, 0]);
	t.match(await failure({ namespaces, user: { uid: 0, additionalGids: [0] } }, options), {
		step: 'user',
		errno: 1,
		message: /^setgroups: denied in this user namespace/,
	});
});

t.test('without root: more ids, by newuidmap and newgidmap', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-subid-'));
	const subids = join(directory, 'subid');
	writeFileSync(subids, `${nobody}:200000:1000\nnobody:200000:1000\n`, { mode: 0o644 });
	const withHelpers = before((pid) => {
		const script = `
			mount --bind "$2" /etc/subuid
			mount --bind "$2" /etc/subgid
			as="setpriv --reuid=${nobody} --regid=${nobody} --clear-groups"
			$as newuidmap $1 0 ${nobody} 1 1 200000 1000
			$as newgidmap $1 0 ${nobody} 1 1 200000 1000`;
		const args = ['--mount', 'sh', '-ec', script, 'sh', String(pid), subids];
		const done = spawnSync('unshare', args, { encoding: 'utf8' });
		if (done.status !== 0) throw new Error(done.stderr);
	});
	const seen = await look({ namespaces }, { uid: nobody, before: withHelpers });
	t.match(seen.uidMap, /^ *0 +65534 +1\n *1 +200000 +1000\n$/);
	t.match(seen.gidMap, /^ *0 +65534 +1\n *1 +200000 +1000\n$/);
	await whileRunning(
		{ namespaces, user: { uid: 5, gid: 6, additionalGids: [1000] } },
		(pid) => {
			const status = readFileSync(`/proc/${pid}/status`, 'utf8');
			t.match(status, /^Uid:\t200004\t/m);
			t.match(status, /^Gid:\t200005\t/m);
			t.match(status, /^Groups:\t200999 $/m);
		},
		{ uid: nobody, before: withHelpers },
	);
	rmSync(directory, { recursive: true });
});

t.test('the maps can be written as soon as the init is said to be there, and the init traced no longer', async (t) => {
	for (let i = 0; i < 20; i++) {
		const { last } = await run(
			{ namespaces },
			{
				uid: nobody,
				before: (turn, pid, outer) => {
					const owner = statSync(`/proc/${pid}/uid_map`).uid;
					if (turn === 'procSetup') {
						t.equal(owner, nobody);
						singleId(turn, pid, outer);
					} else t.equal(owner, 0);
				},
			},
		);
		t.match(last, { type: 'procExited', code: 0 });
	}
});

t.test('an init that dies before its maps are written hangs nobody', async (t) => {
	const shim = rawShim();
	shim.write(`${JSON.stringify({ ...goodConfig, namespaces })}\n{"type":"procCreate"}\n`);
	const created = await shim.next();
	t.match(created, { type: 'procCreated' });
	if (created?.type === 'procCreated') process.kill(created.pid, 'SIGKILL');
	t.match(await shim.next(), { type: 'procError', message: /the init was killed by signal 9/ });
	t.match(await shim.close(), { signal: null });
});

t.test('a user namespace is joined without root by its owner', async (t) => {
	await whileRunning(
		{ namespaces },
		async (holder) => {
			const path = (file: string) => `/proc/${holder}/ns/${file}`;
			const joined = {
				user: path('user'),
				uts: path('uts'),
				ipc: path('ipc'),
				network: path('net'),
				pid: path('pid'),
				mount: path('mnt'),
			};
			const seen = await look({ namespaces: joined, mounts: undefined }, { uid: nobody });
			t.strictSame(seen.uids, [0, 0, 0]);
			t.not(seen.pid, 1);
			t.match(seen.uidMap, /^ *0 +65534 +1\n$/);
		},
		{ uid: nobody, before: singleId },
	);
});

t.test('a user namespace whose maps root has made is joined with them', async (t) => {
	await whileRunning(
		{ namespaces, user: { uid: 3 } },
		async (holder) => {
			const seen = await look({
				mounts: undefined,
				namespaces: { user: `/proc/${holder}/ns/user` },
				user: { uid: 12 },
			});
			t.strictSame(seen.uids, [12, 12, 12]);
			t.match(seen.uidMap, /100000/);
		},
		{ before: before(writeMaps) },
	);
});
