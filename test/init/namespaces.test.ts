/** Namespaces: made and joined, all eight kinds. */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	closeSync,
	existsSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { NamespaceType } from '../../controller/model/init-config.js';
import { forEverybody } from '../support/everybody.js';
import { mapped } from '../support/id-maps.js';
import { probe, shim } from '../support/paths.js';
import { converse, goodConfig, rawShim, run, turns } from '../support/raw-shim.js';
import { failure, look, whileRunning } from '../support/run-init.js';

/** What the config calls a kind, and what /proc/PID/ns does. */
const kinds = [
	['cgroup', 'cgroup'],
	['ipc', 'ipc'],
	['mount', 'mnt'],
	['network', 'net'],
	['pid', 'pid'],
	['time', 'time'],
	['user', 'user'],
	['uts', 'uts'],
] as const;

const everyKindNew = Object.fromEntries(kinds.map(([kind]) => [kind, 'new']));
const own = Object.fromEntries(kinds.map(([, file]) => [file, readlinkSync(`/proc/self/ns/${file}`)]));
const pathsOf = (pid: number) => Object.fromEntries(kinds.map(([kind, file]) => [kind, `/proc/${pid}/ns/${file}`]));
const namespacesOf = (pid: number) =>
	Object.fromEntries(kinds.map(([, file]) => [file, readlinkSync(`/proc/${pid}/ns/${file}`)]));

/** A config without mounts, which would need a mount namespace of its own. */
const plain = { mounts: undefined, namespaces: {} };

t.test('without namespaces of its own a program is in the caller’s', async (t) => {
	t.strictSame((await look(plain)).namespaces, own);
});

for (const [kind, file] of kinds)
	t.test(`a new ${kind} namespace, and no other`, async (t) => {
		const { namespaces } = await look({ ...plain, namespaces: { [kind]: 'new' } }, kind === 'user' ? mapped : {});
		for (const [, other] of kinds)
			if (other === file) t.not(namespaces[other], own[other]);
			else t.equal(namespaces[other], own[other], other);
	});

t.test('all eight at once, made and joined', async (t) => {
	await whileRunning(
		{ namespaces: everyKindNew },
		async (pid) => {
			const made = namespacesOf(pid);
			for (const [, file] of kinds) t.not(made[file], own[file], file);
			const joined = await look({ mounts: undefined, namespaces: pathsOf(pid) });
			t.strictSame(joined.namespaces, made);
			t.strictSame(joined.uids, [0, 0, 0], 'as root of the joined user namespace');
			t.strictSame(joined.groups, []);
		},
		mapped,
	);
});

for (const [kind, file] of kinds)
	t.test(`a ${kind} namespace is joined by path, and no other`, async (t) => {
		await whileRunning(
			{ ...plain, namespaces: { [kind]: 'new' } },
			async (pid) => {
				const { namespaces } = await look({ ...plain, namespaces: { [kind]: `/proc/${pid}/ns/${file}` } });
				t.strictSame(namespaces, { ...own, [file]: readlinkSync(`/proc/${pid}/ns/${file}`) });
			},
			kind === 'user' ? mapped : {},
		);
	});

t.test('those of the caller are as if they were not named', async (t) => {
	const paths = Object.fromEntries(kinds.map(([kind, file]) => [kind, `/proc/self/ns/${file}`]));
	t.strictSame((await look({ ...plain, namespaces: paths })).namespaces, own);
});

t.test('some are joined and others made, and the new ones belong to the joined user namespace', async (t) => {
	await whileRunning(
		{ ...plain, namespaces: { user: 'new', network: 'new', ipc: 'new' } },
		async (pid) => {
			const { user, network, ipc } = pathsOf(pid);
			const namespaces = { user, network, ipc, uts: 'new', mount: 'new', pid: 'new' } as Record<NamespaceType, string>;
			const seen = await look({ mounts: goodConfig.mounts, namespaces, hostname: 'mine' });
			const made = namespacesOf(pid);
			t.match(seen.namespaces, { user: made.user, net: made.net, ipc: made.ipc });
			for (const file of ['uts', 'mnt', 'pid'] as const) t.not(seen.namespaces[file], own[file]);
			t.equal(seen.hostname, 'mine', 'root of the joined one may name the host of the new one');
			t.equal(seen.pid, 1);
		},
		mapped,
	);
});

t.test('a joined network with a new user namespace', async (t) => {
	await whileRunning({ ...plain, namespaces: { network: 'new' } }, async (pid) => {
		const network = `/proc/${pid}/ns/net`;
		const seen = await look({ namespaces: { ...goodConfig.namespaces, user: 'new', network } }, mapped);
		t.equal(seen.namespaces.net, readlinkSync(network));
		t.strictSame(seen.uids, [0, 0, 0]);
	});
});

t.test('a path of the wrong kind is refused by name', async (t) => {
	for (const [wrong, file] of kinds)
		for (const [kind] of kinds) {
			if (kind === wrong) continue;
			const path = `/proc/self/ns/${file}`;
			t.match(await failure({ ...plain, namespaces: { [kind]: path } }), {
				step: 'namespaces-open',
				errno: 0,
				message: `${path} is a ${wrong} namespace, not a ${kind} namespace`,
			});
		}
});

t.test('so is a path of something else, and of nothing', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-ns-'));
	const fifo = join(directory, 'fifo');
	execFileSync('mkfifo', [fifo]);
	for (const path of ['/etc/passwd', '/proc', '/dev/null', fifo])
		t.match(await failure({ ...plain, namespaces: { network: path } }), {
			step: 'namespaces-open',
			errno: 0,
			message: `${path} is not a namespace`,
		});
	t.match(await failure({ ...plain, namespaces: { pid: '/no/such' } }), {
		step: 'namespaces-open',
		errno: 2,
		message: 'open /no/such: No such file or directory',
	});
	rmSync(directory, { recursive: true });
});

t.test('a pid namespace above the caller’s cannot be joined', async (t) => {
	const error = await failure(
		{ ...plain, namespaces: { pid: `/proc/${process.pid}/ns/pid` } },
		{ under: ['unshare', '--pid', '--fork'] },
	);
	t.match(error, { step: 'join', errno: 22, message: /the pid namespace is not below the caller's/ });
});

t.test('a pid namespace whose first process has ended takes no other', async (t) => {
	let held = -1;
	await whileRunning({ ...plain, namespaces: { pid: 'new' } }, (pid) => {
		held = openSync(`/proc/${pid}/ns/pid`, 'r');
	});
	t.match(await failure({ ...plain, namespaces: { pid: `/proc/${process.pid}/fd/${held}` } }), {
		step: 'clone',
		errno: 12,
		message: /the pid namespace \/proc\/\d+\/fd\/\d+ takes no process: its first one has ended/,
	});
	closeSync(held);
});

t.test('the init is a child of the outer, and nobody stands between them', async (t) => {
	await whileRunning({ ...plain, namespaces: { network: 'new' } }, async (holder) => {
		const inTheMiddle = (pid: number, outer: number) => {
			t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`^PPid:\t${outer}$`, 'm'));
			t.equal(readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8'), `${pid} `);
		};
		await whileRunning({ ...plain, namespaces: { network: `/proc/${holder}/ns/net` } }, inTheMiddle, {
			before: (_, pid, outer) => inTheMiddle(pid, outer),
		});
	});
});

/** Waits until what is said is so, for two seconds at most. */
async function soon(isSo: () => boolean): Promise<boolean> {
	for (let tries = 0; !isSo(); tries++) {
		if (tries === 100) return false;
		await sleep(20);
	}
	return true;
}

const isGone = (pid: number | undefined) => soon(() => !existsSync(`/proc/${pid}`));

/** No process has the mark among its arguments. */
const allGone = (mark: string) => soon(() => !readdirSync('/proc').some((pid) => commandOf(pid).includes(mark)));

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
	} catch {
		return '';
	}
}

t.test('with a maker too, the end of the channel and the death of the outer end everything', async (t) => {
	await whileRunning({ ...plain, namespaces: { network: 'new' } }, async (holder) => {
		const network = `/proc/${holder}/ns/net`;
		const config = { ...goodConfig, mounts: undefined, namespaces: { network }, args: ['sleep', '86431'] };
		for (let turn = 0; turn <= turns; turn++) {
			const closed = rawShim();
			const pid = await converse(closed, turn, config);
			t.match(await closed.close(), { signal: null }, `after ${turn} turns`);
			t.ok(await isGone(pid), 'the init is gone');
		}
		for (let turn = 2; turn <= turns; turn++) {
			const killed = rawShim();
			const pid = await converse(killed, turn, config);
			killed.process.kill('SIGKILL');
			t.ok(await isGone(pid), `after ${turn} turns and a kill`);
			await killed.close();
		}
	});
	t.ok(await allGone('86431'));
});

t.test('a maker that fails is reported once', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-ns-'));
	chmodSync(directory, 0o755);
	await whileRunning({ ...plain, namespaces: { network: 'new' } }, async (pid) => {
		const script = `: >"$1"; mount --bind /proc/${pid}/ns/net "$1"; exec setpriv --reuid=65534 --clear-groups "$2"`;
		const file = join(directory, 'net');
		const { messages } = await run(
			{ ...plain, namespaces: { network: file } },
			{ under: ['unshare', '--mount', 'sh', '-c', script, 'sh', file, forEverybody(shim)] },
		);
		t.match(messages, [
			{
				type: 'procError',
				step: 'join',
				errno: 1,
				message: `setns ${file}: needs CAP_SYS_ADMIN in the user namespace that owns it: Operation not permitted`,
			},
		]);
	});
	rmSync(directory, { recursive: true });
});

/** Kills whoever of the shim's processes makes this system call. */
const killedAt = (call: string) => ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:signal=SIGKILL`];

t.test('a maker that is killed is reported once, and hangs nobody', async (t) => {
	await whileRunning({ ...plain, namespaces: { network: 'new' } }, async (pid) => {
		const config = { ...plain, namespaces: { network: `/proc/${pid}/ns/net` }, args: [probe, 'hold', '86432'] };
		for (const [call, when] of [
			['setns', 'before the init is there'],
			['write', 'before it has told its pid'],
		] as const) {
			const { messages } = await run(config, { under: killedAt(call) });
			t.match(messages, [{ type: 'procError', step: 'clone', message: /makes the namespaces was killed by signal 9/ }]);
			t.equal(messages.length, 1, when);
		}
	});
	t.ok(await allGone('86432'));
});
