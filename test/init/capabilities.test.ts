/** The five sets of capabilities. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { InitConfig } from '../../controller/model/init-config.js';
import { mapped } from '../support/id-maps.js';
import type { Changes, ShimOptions } from '../support/raw-shim.js';
import { failure, look } from '../support/run-init.js';

/** In the order of their numbers, capabilities(7). */
const names =
	`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
	NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
	SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
	MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/);

/** Names without CAP_, separated by spaces. */
const set = (some: string) => some.split(' ').flatMap((name) => (name ? [`CAP_${name}`] : []));
const hex = (some: string) =>
	set(some)
		.reduce((bits, name) => bits | (1n << BigInt(names.indexOf(name.slice(4)))), 0n)
		.toString(16)
		.padStart(16, '0');

type Sets = Record<'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient', string>;
const none: Sets = { bounding: '', effective: '', inheritable: '', permitted: '', ambient: '' };
const ask = (sets: Partial<Sets>) =>
	Object.fromEntries(Object.entries(sets).map(([name, some]) => [name, set(some)])) as InitConfig['capabilities'];
const hexes = (sets: Sets) => Object.fromEntries(Object.entries(sets).map(([name, some]) => [name, hex(some)]));

/** What the caller has of a set, as /proc/self/status says. */
const own = (line: string) =>
	BigInt(`0x${new RegExp(`^${line}:\t(\\w+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);
const inOwn = (line: string) => names.filter((_, i) => (own(line) >> BigInt(i)) & 1n).join(' ');
const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));

const user = { uid: 1000, gid: 1000 };
const capabilitiesOf = async (changes: Changes, options: ShimOptions = {}) =>
	(await look(changes, options)).capabilities;

t.test('root has what may be had, exec(2) sees to that', async (t) => {
	for (const [sets, expected] of [
		[{}, {}],
		[{ bounding: 'KILL CHOWN' }, { bounding: 'KILL CHOWN', permitted: 'KILL CHOWN', effective: 'KILL CHOWN' }],
		[
			{ bounding: 'KILL CHOWN', permitted: 'KILL', effective: 'KILL' },
			{ bounding: 'KILL CHOWN', permitted: 'KILL CHOWN', effective: 'KILL CHOWN' },
		],
		[
			{ bounding: 'KILL NET_RAW', permitted: 'NET_RAW', inheritable: 'NET_RAW' },
			{ bounding: 'KILL NET_RAW', permitted: 'KILL NET_RAW', effective: 'KILL NET_RAW', inheritable: 'NET_RAW' },
		],
	] as [Partial<Sets>, Partial<Sets>][])
		for (const who of [{}, { user: { uid: 0, gid: 0 } }])
			t.strictSame(
				await capabilitiesOf({ ...who, capabilities: ask(sets) }),
				hexes({ ...none, ...expected }),
				JSON.stringify(sets),
			);
});

t.test('without new privileges, root has what it was permitted', async (t) => {
	const capabilities = ask({ bounding: 'KILL CHOWN NET_RAW', permitted: 'KILL NET_RAW', effective: 'KILL' });
	t.match(await look({ capabilities, noNewPrivileges: true }), {
		noNewPrivileges: 1,
		capabilities: hexes({
			...none,
			bounding: 'KILL CHOWN NET_RAW',
			permitted: 'KILL NET_RAW',
			effective: 'KILL NET_RAW',
		}),
	});
});

t.test('another user has the ambient ones, and those over the change of the user', async (t) => {
	const all = 'CHOWN KILL NET_RAW SYS_PTRACE CHECKPOINT_RESTORE';
	for (const [sets, expected] of [
		[{}, {}],
		[{ bounding: all, permitted: all, effective: all }, { bounding: all }],
		[
			{ bounding: all, permitted: all, inheritable: 'KILL' },
			{ bounding: all, inheritable: 'KILL' },
		],
		[
			{ bounding: all, permitted: all, effective: all, inheritable: all, ambient: all },
			{ bounding: all, permitted: all, effective: all, inheritable: all, ambient: all },
		],
		[
			{ permitted: 'KILL NET_RAW', inheritable: 'KILL NET_RAW', ambient: 'NET_RAW' },
			{ permitted: 'NET_RAW', effective: 'NET_RAW', inheritable: 'KILL NET_RAW', ambient: 'NET_RAW' },
		],
	] as [Partial<Sets>, Partial<Sets>][]) {
		// what may be inherited must be in the bounding set unless the caller inherits it already
		const whole = { ...sets, bounding: sets.bounding ?? sets.inheritable ?? '' };
		t.strictSame(
			await capabilitiesOf({ user, capabilities: ask(whole) }),
			hexes({ ...none, ...expected, bounding: whole.bounding }),
			JSON.stringify(sets),
		);
	}
});

t.test('absent, they are as the user keeps them', async (t) => {
	const root = await capabilitiesOf({});
	t.equal(BigInt(`0x${root.permitted}`), own('CapBnd'));
	const other = await capabilitiesOf({ user });
	t.match(other, { permitted: hex(''), effective: hex(''), ambient: hex('') });
	t.equal(BigInt(`0x${other.bounding}`), own('CapBnd'));
});

t.test('every capability that the caller has, and in a user namespace every one there is', async (t) => {
	const mine = inOwn('CapBnd');
	const some = { bounding: mine, permitted: mine, effective: mine, inheritable: mine, ambient: mine };
	t.strictSame(await capabilitiesOf({ user, capabilities: ask(some) }), hexes(some));
	const every = names.slice(0, last + 1).join(' ');
	const all = { bounding: every, permitted: every, effective: every, inheritable: every, ambient: every };
	const namespaces = { user: 'new', mount: 'new', pid: 'new' };
	t.strictSame(await capabilitiesOf({ namespaces, user, capabilities: ask(all) }, mapped), hexes(all));
});

t.test('what cannot be given is named', async (t) => {
	const without = (option: string) => ({ under: ['setpriv', option, '-sys_boot'] });
	const lessBounding = without('--bounding-set');
	for (const [sets, step, message, options] of [
		[
			{ bounding: 'KILL SYS_BOOT' },
			'bounding-set',
			'CAP_SYS_BOOT cannot be in the bounding set: it is not in that of the caller',
			lessBounding,
		],
		[
			{ bounding: 'KILL', permitted: 'KILL SYS_BOOT' },
			'capabilities',
			'CAP_SYS_BOOT cannot be permitted: the caller does not have it',
			lessBounding,
		],
		[
			{ permitted: 'KILL', effective: 'KILL FOWNER' },
			'capabilities',
			'CAP_FOWNER cannot be effective: it is not permitted',
		],
		[
			{ permitted: 'KILL', inheritable: 'KILL', bounding: 'CHOWN' },
			'capabilities',
			'CAP_KILL cannot be inheritable: it is not in the bounding set',
		],
		...['permitted', 'inheritable'].map((only) => [
			{ bounding: 'KILL', [only]: 'KILL', ambient: 'KILL' },
			'capabilities',
			'CAP_KILL cannot be ambient: it is not both permitted and inheritable',
		]),
	] as [Partial<Sets>, string, string, ShimOptions?][])
		t.match(await failure({ capabilities: ask(sets) }, options), { step, errno: 0, message }, JSON.stringify(sets));
});

/** The shim under strace, which makes one prctl of each process something else, counted from 1. */
const injected = (what: string, when: number) => ({
	under: ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=prctl:${what}:when=${when}`],
});

// the first prctl of the init is its parent-death signal; then it asks for one capability after the other, also for 41,
// which no kernel has yet
const [asks, drops] = [2, 2 + 42];

t.test(
	'a set that cannot be read is an error, whatever the kernel says; only beyond 40 EINVAL is the end of it',
	async (t) => {
		const capabilities = ask({ bounding: 'KILL', permitted: 'KILL' });
		for (const [error, number] of [
			['EINVAL', 0],
			['EINVAL', 35],
			['EINVAL', 40],
			['EIO', 35],
			['EPERM', 41],
			['ENOMEM', 41],
		] as const)
			t.match(
				await failure({ capabilities }, injected(`error=${error}`, asks + number)),
				{ step: 'bounding-set', message: /^prctl PR_CAPBSET_READ: / },
				`${error} for ${number}`,
			);
		t.equal((await capabilitiesOf({ capabilities }, injected('error=EINVAL', asks + 41))).permitted, hex('KILL'));
	},
);

t.test('the bounding set and the ambient one are read back', async (t) => {
	const capabilities = ask({ bounding: 'KILL', permitted: 'KILL', inheritable: 'KILL', ambient: 'KILL' });
	const message = 'capset: other capabilities were set than asked for';
	const dropped = inOwn('CapBnd').split(' ').length - 1; // all but CAP_KILL
	for (const [what, when] of [
		['the first that is dropped', drops],
		['the last', drops + dropped - 1],
		['an ambient one', drops + dropped + 42 + 1], // after it was read again, and PR_CAP_AMBIENT_CLEAR_ALL
	] as const)
		t.match(
			await failure({ capabilities }, injected('retval=0', when)),
			{ step: 'capabilities', errno: 0, message },
			what,
		);
});

t.test('without the right to it the bounding set stays, and that is an error', async (t) => {
	const plain = { mounts: undefined, namespaces: {} };
	const uid = 65534;
	t.match(await failure({ ...plain, capabilities: {} }, { uid }), {
		step: 'bounding-set',
		errno: 1,
		message: 'drop CAP_CHOWN from the bounding set: needs CAP_SETPCAP: Operation not permitted',
	});
	const bounding = inOwn('CapBnd');
	t.strictSame(
		await capabilitiesOf({ ...plain, capabilities: ask({ bounding }) }, { uid }),
		hexes({ ...none, bounding }),
	);
	t.match(await failure({ ...plain, capabilities: ask({ bounding, permitted: 'KILL' }) }, { uid }), {
		step: 'capabilities',
		message: 'CAP_KILL cannot be permitted: the caller does not have it',
	});
});
