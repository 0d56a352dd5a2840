/** The filters that the compiler makes of profiles, judged by an interpreter of BPF. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import type { SeccompArg, SeccompProfile, SeccompSyscall } from '../../controller/model/seccomp-profile.js';
import { compileSeccomp } from '../../controller/seccomp/compile.js';
import { harmless, usual } from '../fixtures/seccomp/usual.js';
import { judge, narrow, native, numbers } from '../support/bpf.js';
import { compiler } from '../support/paths.js';

const cache = mkdtempSync(join(tmpdir(), 'procready-seccomp-'));
t.teardown(() => rmSync(cache, { recursive: true }));

const allowing = (...syscalls: SeccompSyscall[]): SeccompProfile => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls });
const refusing = (...args: SeccompArg[]) => allowing({ names: ['ioctl'], action: 'SCMP_ACT_ERRNO', args });

t.test('conditions on the same argument are rules of their own, each enough', async (t) => {
	const { filter } = await compileSeccomp(
		refusing({ index: 1, value: 5, op: 'SCMP_CMP_EQ' }, { index: 1, value: 7, op: 'SCMP_CMP_EQ' }),
		{ cache },
	);
	const say = (arg: bigint) => judge(filter, { arch: native, number: numbers.ioctl, args: [0n, arg] });
	t.strictSame([5n, 6n, 7n].map(say), ['ERRNO 1', 'ALLOW', 'ERRNO 1']);
});

t.test('conditions on different arguments must all hold', async (t) => {
	const { filter } = await compileSeccomp(
		refusing({ index: 0, value: 5, op: 'SCMP_CMP_EQ' }, { index: 5, value: 7, op: 'SCMP_CMP_GE' }),
		{ cache },
	);
	const say = (a: bigint, b: bigint) =>
		judge(filter, { arch: native, number: numbers.ioctl, args: [a, 0n, 0n, 0n, 0n, b] });
	t.strictSame([say(5n, 7n), say(5n, 6n), say(4n, 7n)], ['ERRNO 1', 'ALLOW', 'ALLOW']);
});

t.test('every operator compares 64 bits', async (t) => {
	const high = 5n * 2n ** 32n;
	const value = `${high + 5n}`;
	const around = [0n, 5n, high, high + 4n, high + 5n, high + 6n, 2n ** 64n - 1n];
	for (const [op, holds] of [
		['SCMP_CMP_NE', (a) => a !== high + 5n],
		['SCMP_CMP_LT', (a) => a < high + 5n],
		['SCMP_CMP_LE', (a) => a <= high + 5n],
		['SCMP_CMP_EQ', (a) => a === high + 5n],
		['SCMP_CMP_GE', (a) => a >= high + 5n],
		['SCMP_CMP_GT', (a) => a > high + 5n],
		['SCMP_CMP_MASKED_EQ', (a) => (a & (high + 5n)) === 4n],
	] as [SeccompArg['op'], (a: bigint) => boolean][]) {
		const { filter } = await compileSeccomp(refusing({ index: 1, value, valueTwo: 4, op }), { cache });
		for (const a of [...around, 4n])
			t.equal(
				judge(filter, { arch: native, number: numbers.ioctl, args: [0n, a] }),
				holds(a) ? 'ERRNO 1' : 'ALLOW',
				`${op} ${a}`,
			);
	}
});

t.test('all actions, for a call and as the default', async (t) => {
	for (const [action, said] of [
		['SCMP_ACT_KILL', 'KILL_THREAD'],
		['SCMP_ACT_KILL_PROCESS', 'KILL_PROCESS'],
		['SCMP_ACT_KILL_THREAD', 'KILL_THREAD'],
		['SCMP_ACT_TRAP', 'TRAP'],
		['SCMP_ACT_ERRNO', 'ERRNO 1'],
		['SCMP_ACT_TRACE', 'TRACE 1'],
		['SCMP_ACT_LOG', 'LOG'],
	] as const) {
		const one = await compileSeccomp(allowing({ names: ['read'], action }), { cache });
		t.equal(judge(one.filter, { arch: native, number: numbers.read }), said, action);
		t.equal(judge(one.filter, { arch: native, number: numbers.ioctl }), 'ALLOW', `only the call: ${action}`);
		const all = await compileSeccomp(
			{ defaultAction: action, syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] },
			{ cache },
		);
		t.equal(judge(all.filter, { arch: native, number: numbers.read }), 'ALLOW', `all but the call: ${action}`);
		t.equal(judge(all.filter, { arch: native, number: numbers.ioctl }), said, `default ${action}`);
	}
});

t.test('a profile of the usual size and kind', async (t) => {
	const unknown: string[] = [];
	const { filter } = await compileSeccomp(usual, { cache, ignored: (names) => unknown.push(...names) });
	const say = (number: number, ...args: bigint[]) => judge(filter, { arch: native, number, args });
	t.equal(say(numbers.read), 'ALLOW');
	t.equal(say(numbers.ptrace), 'ERRNO 1');
	t.equal(say(numbers.clone3), 'ERRNO 38');
	t.equal(say(numbers.clone, 0x10000000n), 'ERRNO 1', 'a user namespace');
	t.equal(say(numbers.clone, 0x01200011n), 'ALLOW', 'fork');
	t.strictSame(
		[0n, 0xffffffffn, 8n, 0x400000n].map((persona) => say(numbers.personality, persona)),
		['ALLOW', 'ALLOW', 'ERRNO 1', 'ERRNO 1'],
	);
	t.equal(say(numbers.socket, 2n), 'ALLOW', 'AF_INET');
	t.equal(say(numbers.socket, 40n + 2n ** 32n), 'ERRNO 1', 'AF_VSOCK with a high bit');
	t.equal(judge(filter, { arch: narrow.arch, number: narrow.read }), 'ALLOW', 'of 32 bits');
	t.notOk(unknown.includes('openat'));
});

t.test('an architecture that the profile does not name is killed', async (t) => {
	const profile = { defaultAction: 'SCMP_ACT_ALLOW' } as const;
	const alone = await compileSeccomp(profile, { cache });
	t.equal(judge(alone.filter, { arch: narrow.arch, number: narrow.read }), 'KILL_THREAD');
	const both = await compileSeccomp({ ...profile, architectures: [narrow.name, narrow.name] }, { cache });
	t.equal(judge(both.filter, { arch: narrow.arch, number: narrow.read }), 'ALLOW', 'twice does no harm');
	t.equal(judge(both.filter, { arch: native, number: numbers.read }), 'ALLOW', "the machine's own is there unnamed");
});

t.test('a system call that is newer than libseccomp gets ENOSYS where the default is an errno', async (t) => {
	const rule: SeccompSyscall = { names: ['read'], action: 'SCMP_ACT_LOG' };
	const profile = { architectures: [narrow.name], syscalls: [rule] };
	const refused = await compileSeccomp({ ...profile, defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 13 }, { cache });
	const killed = await compileSeccomp({ ...profile, defaultAction: 'SCMP_ACT_KILL_PROCESS' }, { cache });
	const allowed = await compileSeccomp({ ...profile, defaultAction: 'SCMP_ACT_ALLOW' }, { cache });
	for (const arch of [native, narrow.arch]) {
		t.equal(judge(refused.filter, { arch, number: 1000 }), 'ERRNO 38');
		t.equal(judge(refused.filter, { arch, number: 435 }), 'ERRNO 13', 'an older one');
		t.equal(judge(killed.filter, { arch, number: 1000 }), 'KILL_PROCESS', 'no way around a kill');
		t.equal(judge(allowed.filter, { arch, number: 1000 }), 'ALLOW');
	}
	t.equal(
		judge(refused.filter, { arch: native, number: 0x7fffffff }),
		native === 0xc000003e ? 'KILL_THREAD' : 'ERRNO 13',
	);
});

t.test('a name that libseccomp does not know is ignored, and reported, also from the cache', async (t) => {
	const profile = allowing({ names: ['read', 'nonesuch', 'read_more', 'nonesuch'], action: 'SCMP_ACT_TRAP' });
	for (const round of ['compiled', 'from the cache']) {
		let names: string[] = [];
		const { filter } = await compileSeccomp(profile, {
			cache,
			ignored: (unknown) => {
				names = unknown;
			},
		});
		t.strictSame(names, ['nonesuch', 'read_more'], round);
		t.equal(judge(filter, { arch: native, number: numbers.read }), 'TRAP', 'the others hold');
	}
});

t.test('the flags are those of the profile; without any, speculation is left alone', async (t) => {
	const flags = async (flags: object) =>
		(await compileSeccomp({ defaultAction: 'SCMP_ACT_ALLOW', ...flags }, { cache })).flags;
	t.strictSame(await flags({}), ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']);
	t.strictSame(await flags({ flags: [] }), []);
	const log = 'SECCOMP_FILTER_FLAG_LOG';
	t.strictSame(await flags({ flags: [log, log] }), [log], 'the init config takes none twice');
});

t.test('what libseccomp refuses has the pointer of the line', async (t) => {
	const profile = { defaultAction: 'SCMP_ACT_ALLOW' } as const;
	await t.rejects(compileSeccomp({ ...profile, architectures: [narrow.name, 'SCMP_ARCH_S390X'] }, { cache }), {
		code: 'option-invalid',
		where: '/linux/seccomp/architectures/1',
		message: /the byte order is not that of this machine: s390x$/,
	});
});

t.test('a filter that the kernel would not take is refused', async (t) => {
	const names = ['X86', 'X86_64', 'X32', 'ARM', 'AARCH64', 'MIPSEL', 'MIPSEL64', 'MIPSEL64N32', 'PPC64LE', 'RISCV64'];
	const syscalls = harmless.map(
		(name, i): SeccompSyscall => ({
			names: [name],
			action: 'SCMP_ACT_ERRNO',
			args: [{ index: 0, value: i * (2 ** 32 + 1), op: 'SCMP_CMP_EQ' }],
		}),
	);
	const profile = { ...allowing(...syscalls), architectures: names.map((name) => `SCMP_ARCH_${name}`) };
	await t.rejects(compileSeccomp(profile, { cache }), {
		code: 'option-invalid',
		where: '/linux/seccomp',
		message: /makes a filter of \d+ instructions; the kernel takes 4096/,
	});
});

t.test('the compiler takes exactly what it documents, and names the line', async (t) => {
	const rule = 'rule SCMP_ACT_LOG read';
	for (const [lines, said] of [
		[[], 'line 0: no profile'],
		[[rule], 'line 1: the first line, and no other, must be the default'],
		[['default SCMP_ACT_LOG', 'default SCMP_ACT_LOG'], 'line 2: the first line, and no other, must be the default'],
		[['default SCMP_ACT_NOTIFY'], 'line 1: not an action: SCMP_ACT_NOTIFY'],
		[['default SCMP_ACT_ERRNO'], 'line 1: a word is missing'],
		[['default SCMP_ACT_ERRNO 65536'], 'line 1: not a number, or too large: 65536'],
		[['default SCMP_ACT_LOG 1'], 'line 1: a word too many: 1'],
		[['default SCMP_ACT_ALLOW', 'syscall'], 'line 2: not a kind of line: syscall'],
		[
			['default SCMP_ACT_ALLOW', 'architecture pdp11'],
			/^line 2: libseccomp 2[.0-9]+ does not know the architecture: pdp11$/,
		],
		[['default SCMP_ACT_ALLOW', rule, ''], 'line 3: a word is missing'],
		[['default SCMP_ACT_ALLOW', 'rule  SCMP_ACT_LOG read'], 'line 2: a word is missing'],
		[['default SCMP_ACT_ALLOW', `${rule} `], 'line 2: a word is missing'],
		[['default SCMP_ACT_ALLOW', `${rule} 6 SCMP_CMP_EQ 0 0`], 'line 2: not a number, or too large: 6'],
		[['default SCMP_ACT_ALLOW', `${rule} 0 EQ 0 0`], 'line 2: not an operator: EQ'],
		[['default SCMP_ACT_ALLOW', `${rule} 0 SCMP_CMP_EQ -1 0`], 'line 2: not a number, or too large: -1'],
		[['default SCMP_ACT_ALLOW', `${rule} 0 SCMP_CMP_EQ ${2n ** 64n} 0`], /^line 2: not a number, or too large: \d+$/],
		[['default SCMP_ACT_ALLOW', `${rule}${' 0 SCMP_CMP_EQ 0 0'.repeat(2)}`], 'line 2: read: Invalid argument'],
		[['default SCMP_ACT_ALLOW', `${rule}${' 0 SCMP_CMP_EQ 0 0'.repeat(7)}`], 'line 2: too many conditions'],
		[['default SCMP_ACT_ALLOW', 'rule SCMP_ACT_ALLOW read'], 'line 2: read: Permission denied'],
		[['default SCMP_ACT_ALLOW', 'x'.repeat(4096)], 'line 2: too long, with a NUL or without a newline'],
		[['default SCMP_ACT_ALLOW', `${rule}\0`], 'line 2: too long, with a NUL or without a newline'],
	] as [string[], string | RegExp][]) {
		const input = lines.map((line) => `${line}\n`).join('');
		const { exitCode, stdout, stderr } = execaSync(compiler, { input, reject: false });
		t.match({ exitCode, stdout, stderr }, { exitCode: 1, stdout: '', stderr: said }, String(said));
	}
});
