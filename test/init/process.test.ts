/** What belongs to the process alone: keyring, personality, umask, new privileges, directory, and the program. */
import { chmodSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { forEverybody } from '../support/everybody.js';
import { mapped } from '../support/id-maps.js';
import { withMounts } from '../support/mount-namespace.js';
import { probe, python } from '../support/paths.js';
import { type Changes, run, type ShimOptions } from '../support/raw-shim.js';
import { failure, look, target, whileRunning } from '../support/run-init.js';

const plain = { mounts: undefined, namespaces: {} };
const nobody = { uid: 65534, gid: 65534 };
const directory = mkdtempSync(join(tmpdir(), 'procready-process-'));
chmodSync(directory, 0o755);
t.teardown(() => rmSync(directory, { recursive: true }));

/** Makes a system call of any of the shim's processes fail. */
const failing = (call: string, error: string): ShimOptions => ({
	under: ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:error=${error}`],
});

// ---- the keyring

t.test('a session keyring of its own, or the caller’s', async (t) => {
	const keyring = async (changes: Changes, options: ShimOptions = {}) => (await look(changes, options)).sessionKeyring;
	const callers = await keyring({});
	t.equal(await keyring({}), callers);
	const namespaces = { user: 'new', pid: 'new', mount: 'new' };
	const made = [
		await keyring({ sessionKeyring: true }),
		await keyring({ sessionKeyring: true }),
		await keyring({ sessionKeyring: true, user: nobody }),
		await keyring({ ...plain, sessionKeyring: true }, { uid: nobody.uid }),
		await keyring({ namespaces, sessionKeyring: true }, mapped),
	];
	t.ok(made.every((key) => key > 0));
	t.equal(new Set([callers, ...made]).size, 6);
});

t.test('without keyrings, or with too many keys, that is said', async (t) => {
	for (const [error, message] of [
		['ENOSYS', /^keyctl: this kernel has no keyrings: /],
		['EDQUOT', /^keyctl: no new session keyring: the user has as many keys as \/proc\/sys\/kernel\/keys allows: /],
		['ENOMEM', /^keyctl: no new session keyring: /],
	] as const)
		t.match(await failure({ sessionKeyring: true }, failing('keyctl', error)), { step: 'keyring', message });
});

// ---- signals

t.test('signals are ignored where the config says so, whatever the caller does', async (t) => {
	const bits = (numbers: number[]) => numbers.reduce((sum, number) => sum + 2 ** (number - 1), 0);
	const under = ['sh', '-c', 'trap "" HUP USR1; exec "$0" "$@"'];
	t.match(await look({}, { under }), { ignored: 0, blocked: 0 });
	const ignoredSignals = [1, 13, 15, 40];
	t.match(await look({ ignoredSignals }, { under }), { ignored: bits(ignoredSignals), blocked: 0 });
	t.match(await look({ ...plain, ignoredSignals }), { ignored: bits(ignoredSignals) });
	t.match(await failure({ ignoredSignals: [9] }), { step: 'signals', message: /^rt_sigaction: / });
});

// ---- personality, umask, new privileges

t.test('the personality', async (t) => {
	const machine = (await look({})).machine;
	t.match(await look({ personality: 'LINUX' }), { personality: 0, machine });
	t.match(await look({ personality: 'LINUX' }, { under: ['setarch', '--addr-no-randomize'] }), { personality: 0 });
	if (arch() === 'x64') t.match(await look({ personality: 'LINUX32' }), { personality: 8, machine: 'i686' });
	t.match(await failure({ personality: 'LINUX32' }, failing('personality', 'EINVAL')), {
		step: 'personality',
		message: /^personality: the machine cannot run 32-bit programs: /,
	});
});

t.test('the umask', async (t) => {
	for (const umask of [0, 0o22, 0o777]) t.match(await look({ umask }), { umask });
	t.match(await look({}, { under: ['sh', '-c', 'umask 35; exec "$0" "$@"'] }), { umask: 0o35 }, 'absent: the caller’s');
});

/** Gives a file CAP_NET_RAW, permitted and effective: struct vfs_cap_data, as setcap(8) writes it. */
const netRaw = `
import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))`;

/** Calls `use` where the probe is set-user-ID, and a copy has a capability; /tmp may honour neither. */
const withPrivileged = (use: (own: Changes, setUserId: string, capable: string) => unknown) => {
	const at = mkdtempSync(join(directory, 'privileged-'));
	const script = `
		mount -t tmpfs none "$1"; chmod 755 "$1"
		cp "$2" "$1/set-user-id"; chmod 4755 "$1/set-user-id"
		cp "$2" "$1/capable"; "$3" -c "$4" "$1/capable"`;
	return withMounts(script, [at, probe, python, netRaw], (mount) =>
		use({ mounts: undefined, namespaces: { mount } }, join(at, 'set-user-id'), join(at, 'capable')),
	);
};

t.test('no new privileges', async (t) => {
	t.equal((await look({})).noNewPrivileges, 0);
	t.equal((await look({ noNewPrivileges: true })).noNewPrivileges, 1);
	await withPrivileged(async (own, setUserId, capable) => {
		const before = { ...own, user: nobody };
		t.equal((await look({ ...before, args: [setUserId, 'see'] })).uids[1], 0);
		t.match(await look({ ...before, args: [capable, 'see'] }), { capabilities: { effective: '0000000000002000' } });
		const after = { ...before, noNewPrivileges: true };
		t.equal((await look({ ...after, args: [setUserId, 'see'] })).uids[1], nobody.uid);
		t.match(await look({ ...after, args: [capable, 'see'] }), { capabilities: { effective: '0000000000000000' } });
	});
});

// ---- the directory

t.test('the directory is entered with the rights of the user', async (t) => {
	const own = join(directory, 'own');
	mkdirSync(own, { mode: 0o700 });
	t.equal((await look({ cwd: own })).cwd, own);
	t.match(await failure({ cwd: own, user: nobody }), {
		step: 'cwd',
		errno: 13,
		message: `chdir ${own}: Permission denied`,
	});
	const deep = join(directory, ...Array(20).fill('d'.repeat(150)));
	mkdirSync(deep, { recursive: true });
	t.equal((await look({ cwd: deep })).cwd, deep, 'one of 3000 bytes');
	for (const [cwd, errno] of [
		['/no/such', 2],
		['/etc/passwd', 20],
	] as const)
		t.match(await failure({ cwd }), { step: 'cwd', errno });
});

/** How many file descriptors a caller leaves open: on the root, which lead out of every container. */
const leaks = Array.from({ length: 27 }, () => openSync('/', 'r'));
/** All that there are in the shim, and those where its own are. */
const numbers = Array.from({ length: 30 }, (_, i) => i);
const first = numbers.slice(0, 10);

t.test('CVE-2024-21626: no directory is reached through a file descriptor that was left open', async (t) => {
	for (const [of, self, options] of [
		[numbers, 'self', {}],
		[first, 'thread-self', {}],
		[first, 'self', { sealed: true }],
	] as const)
		for (const number of of) {
			const cwd = `/proc/${self}/fd/${number}`;
			t.match(await failure({ cwd }, { ...options, fds: leaks }), { step: 'cwd' }, cwd);
		}
	// nothing is there, or something that is no directory
	const notFound = { step: 'exec', message: /: (No such file or directory|Not a directory)$/ };
	for (const number of numbers) {
		const command = `/proc/self/fd/${number}/bin/sh`;
		t.match(await failure({ args: [command, '-c', ':'] }, { fds: leaks }), notFound, command);
	}
	for (const number of first) {
		const env = [`PATH=/proc/self/fd/${number}/bin`];
		t.match(await failure({ args: ['sh', '-c', ':'], env }, { fds: leaks }), notFound, `${env}`);
	}
	t.strictSame(Object.keys((await look({}, { fds: leaks })).fds), ['0', '1', '2']);
});

t.test('CVE-2024-21626: nor by a process that joins', async (t) => {
	await whileRunning({}, async (pid) => {
		const join: Changes = { initType: 'setns', target: target(pid), namespaces: {}, mounts: undefined };
		for (const number of first) {
			const cwd = `/proc/self/fd/${number}`;
			t.match(await failure({ ...join, cwd }, { fds: leaks, sealed: true }), { step: 'cwd' }, cwd);
		}
	});
});

t.test('CVE-2024-21626: a directory outside the root is no working directory, however it was handed in', async (t) => {
	await whileRunning({}, async (pid) => {
		// fd 3 of the program is on the caller’s root, and asked for; the mount namespace is another
		const join: Changes = { initType: 'setns', target: target(pid), namespaces: {}, mounts: undefined };
		for (const [changes, options] of [
			[{}, {}],
			[join, { sealed: true }],
		] as const)
			t.match(
				await failure(
					{ ...changes, preservedFds: 1, cwd: '/proc/self/fd/3' },
					{ ...options, fds: [leaks[0] as number] },
				),
				{ step: 'cwd', errno: 0, message: 'chdir /proc/self/fd/3: is not inside the root of the container' },
			);
	});
	const removed = join(directory, 'removed');
	mkdirSync(removed);
	const fd = openSync(removed, 'r');
	rmSync(removed, { recursive: true });
	t.match(await failure({ preservedFds: 1, cwd: '/proc/self/fd/3' }, { fds: [fd] }), {
		step: 'cwd',
		message: /is not inside the root of the container/,
	});
});

// ---- the program

t.test('the program is looked up inside, in the PATH of its own environment', async (t) => {
	const tools = mkdtempSync(join(directory, 'tools-'));
	chmodSync(tools, 0o755);
	writeFileSync(join(tools, 'tool'), '#!/bin/sh\necho "$0"\n', { mode: 0o755 });
	const inside = join(directory, 'only-inside');
	mkdirSync(inside);
	const told = async (changes: Changes) => (await run(changes)).stdout.trim();
	await withMounts('mount --bind "$1" "$2"', [tools, inside], async (mount) => {
		const container = { mounts: undefined, namespaces: { mount }, args: ['tool'] };
		t.equal(await told({ ...container, env: [`PATH=/no:${inside}`] }), `${inside}/tool`);
		t.equal(await told({ ...container, env: ['PATH='], cwd: inside }), 'tool', 'an empty entry is the directory');
		t.equal(await told({ ...container, args: ['./tool'], env: [], cwd: inside }), './tool');
		t.match(await failure({ ...container, env: ['PATH=/bin'] }), {
			step: 'exec',
			errno: 2,
			message: /not found in PATH/,
		});
	});
	t.match(await failure({ args: ['tool'], env: [`PATH=${inside}`] }), { step: 'exec', errno: 2 });
});

t.test('a program that cannot be executed is explained', async (t) => {
	const file = (name: string, text: string, mode = 0o755) => {
		writeFileSync(join(directory, name), text, { mode });
		return join(directory, name);
	};
	symlinkSync('loop', join(directory, 'loop'));
	for (const [command, errno, message, changes] of [
		['/no/such', 2, /^exec \/no\/such: No such file/],
		['/etc/passwd/x', 20, /Not a directory/],
		[directory, 13, /Permission denied/],
		['/etc/passwd', 13, /Permission denied/],
		[join(directory, 'loop'), 40, /Symbolic link loop/],
		[file('text', 'no program\n'), 8, /built for another architecture, or a script without a #! line/],
		[file('script', '#!/no/such\n'), 8, /its #! interpreter or its loader is not/],
		['/bin/true', 7, /args and env do not fit/, { env: [`A=${'x'.repeat(200_000)}`] }],
	] as [string, number, RegExp, Changes?][])
		t.match(await failure({ ...changes, args: [command] }), { step: 'exec', errno, message }, command);
	await withPrivileged(async (own, _, capable) =>
		t.match(await failure({ ...own, args: [capable], capabilities: {}, user: nobody }), {
			step: 'exec',
			errno: 1,
			message: /the file has capabilities beyond the bounding set/,
		}),
	);
	const first = join(directory, 'first');
	mkdirSync(first);
	writeFileSync(join(first, 'true'), '', { mode: 0o644 });
	const { last } = await run({ args: ['true'], env: [`PATH=${first}:/bin`] });
	t.match(last, { type: 'procExited', code: 0 }, 'a later directory of PATH may have a better one');
	t.match(await failure({ args: ['true'], env: [`PATH=${first}`] }), { step: 'exec', errno: 13 });
});

t.test('the program can be traced and dump its core again, as any other', async (t) => {
	t.match(await look({ args: [forEverybody(probe), 'see'], user: nobody }), { dumpable: 1, parentDeathSignal: 9 });
});
