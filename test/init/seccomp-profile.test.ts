/** Seccomp profiles as a program meets them: compiled, loaded by the shim, and asked by real system calls. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SeccompAction, SeccompArg, SeccompProfile } from '../../controller/model/seccomp-profile.js';
import { compileSeccomp } from '../../controller/seccomp/compile.js';
import { runThrough } from '../contract/readers.js';
import { usual } from '../fixtures/seccomp/usual.js';
import { narrow } from '../support/bpf.js';
import { narrowProgram, noNarrow } from '../support/narrow.js';
import { call, probe } from '../support/paths.js';
import { goodConfig } from '../support/raw-shim.js';

const cache = mkdtempSync(join(tmpdir(), 'procready-seccomp-'));
t.teardown(() => rmSync(cache, { recursive: true }));

const EPERM = '-1';
const ENOTTY = '-25';
const ENOSYS = '-38';
const TIOCSTI = 0x5412;

/** What a program under the profile prints, and how it ends: its status or the number of its signal. */
async function under(profile: SeccompProfile, args: string[], noNewPrivileges = true) {
	const seccomp = await compileSeccomp(profile, { cache });
	const config = { ...goodConfig, args, seccomp, noNewPrivileges };
	const { messages, stdout } = await runThrough(Buffer.from(JSON.stringify(config)));
	const last = messages.at(-1);
	if (last?.type !== 'procExited') throw new Error(`procExited expected, not ${JSON.stringify(last)}`);
	return { printed: stdout.toString().trim(), end: 'code' in last ? last.code : last.signal };
}

const allowingAllBut = (name: string, action: SeccompAction, args: SeccompArg[] = []): SeccompProfile => ({
	defaultAction: 'SCMP_ACT_ALLOW',
	syscalls: [{ names: [name], action, args }],
});

t.test('under a profile of the usual kind a program runs, and what it forbids is forbidden', async (t) => {
	for (const noNewPrivileges of [true, false]) {
		t.equal((await under(usual, ['sh', '-c', 'echo $((1 + 1)); ls / > /dev/null'], noNewPrivileges)).printed, '2');
		const seen = JSON.parse((await under(usual, [probe, 'see'], noNewPrivileges)).printed);
		t.equal(seen.seccomp, 2, 'SECCOMP_MODE_FILTER');
		t.equal(seen.noNewPrivileges, noNewPrivileges ? 1 : 0);
		t.equal((await under(usual, [call, 'ptrace'], noNewPrivileges)).printed, EPERM);
		t.equal((await under(usual, [call, 'unshare', '0x10000000'], noNewPrivileges)).printed, EPERM);
		t.equal((await under(usual, [call, 'personality', '0xffffffff'], noNewPrivileges)).printed, '0');
		t.equal((await under(usual, [call, 'personality', '8'], noNewPrivileges)).printed, EPERM);
	}
});

t.test('each action does to the call what its name says', async (t) => {
	const SIGSYS = 31;
	const getpid = (action: SeccompAction, ...mode: string[]) =>
		under(allowingAllBut('getpid', action), [call, ...mode, 'getpid']);
	t.strictSame(await getpid('SCMP_ACT_ERRNO'), { printed: EPERM, end: 0 });
	t.strictSame(await getpid('SCMP_ACT_LOG'), { printed: '1', end: 0 }, 'process 1 of its namespace');
	t.strictSame(await getpid('SCMP_ACT_TRACE'), { printed: ENOSYS, end: 0 }, 'nobody traces it');
	t.strictSame(await getpid('SCMP_ACT_TRAP'), { printed: '', end: SIGSYS });
	t.match(await getpid('SCMP_ACT_TRAP', 'trapped'), { printed: /^SIGSYS \d+ 0$/, end: 0 });
	t.strictSame(await getpid('SCMP_ACT_KILL_PROCESS'), { printed: '', end: SIGSYS });
	t.strictSame(await getpid('SCMP_ACT_KILL_PROCESS', 'trapped'), { printed: '', end: SIGSYS }, 'no handler helps');
	const unshare = (action: SeccompAction) => under(allowingAllBut('unshare', action), [call, 'thread', 'unshare']);
	t.strictSame(await unshare('SCMP_ACT_KILL_PROCESS'), { printed: '', end: SIGSYS }, 'all of the process');
	t.strictSame(await unshare('SCMP_ACT_KILL_THREAD'), { printed: 'alive', end: 0 }, 'only the thread');
	t.strictSame(await unshare('SCMP_ACT_KILL'), { printed: 'alive', end: 0 }, 'its old name');
});

t.test('a call that is newer than everything has ENOSYS, not the errno of the default', async (t) => {
	t.equal((await under(usual, [call, '1000'])).printed, ENOSYS);
});

t.test('CVE-2017-5226: TIOCSTI can be denied', async (t) => {
	const denied = allowingAllBut('ioctl', 'SCMP_ACT_ERRNO', [{ index: 1, value: TIOCSTI, op: 'SCMP_CMP_EQ' }]);
	t.equal((await under(denied, [call, 'ioctl', '0', `${TIOCSTI}`, '0'])).printed, EPERM);
	t.equal((await under(denied, [call, 'ioctl', '0', `${TIOCSTI + 1}`, '0'])).printed, ENOTTY, 'another request');
});

t.test('CVE-2019-10063: high bits of an argument do not slip by a masked comparison', async (t) => {
	const denied = allowingAllBut('ioctl', 'SCMP_ACT_ERRNO', [
		{ index: 1, value: 0xffffffff, valueTwo: TIOCSTI, op: 'SCMP_CMP_MASKED_EQ' },
	]);
	for (const high of [0n, 1n, 0x80000000n, 0xffffffffn]) {
		const request = (number: number) => `${(high << 32n) + BigInt(number)}`;
		t.equal((await under(denied, [call, 'ioctl', '0', request(TIOCSTI), '0'])).printed, EPERM, request(TIOCSTI));
		t.equal((await under(denied, [call, 'ioctl', '0', request(TIOCSTI + 1), '0'])).printed, ENOTTY);
	}
	const exact = allowingAllBut('ioctl', 'SCMP_ACT_ERRNO', [{ index: 1, value: TIOCSTI, op: 'SCMP_CMP_EQ' }]);
	const slipped = await under(exact, [call, 'ioctl', '0', `${2n ** 32n + BigInt(TIOCSTI)}`, '0']);
	t.equal(slipped.printed, ENOTTY, 'SCMP_CMP_EQ compares 64 bits, the kernel uses 32: the mask is needed');
});

t.test('calls of 32 bits are possible only where the profile names them', { skip: noNarrow }, async (t) => {
	const profile = (architectures: string[]): SeccompProfile => ({
		defaultAction: 'SCMP_ACT_ALLOW',
		architectures,
		syscalls: [{ names: ['personality'], action: 'SCMP_ACT_ERRNO', errnoRet: 5 }],
	});
	const SIGSYS = 31;
	const [getpid, personality] = [20, 136].map(narrowProgram) as [string, string];
	t.equal((await under(profile([]), [getpid])).end, SIGSYS);
	t.equal((await under(profile([narrow.name]), [getpid])).end, 0);
	t.equal((await under(profile([narrow.name]), [personality])).end, 5, 'the rules hold there too');
	t.equal((await under(profile([narrow.name]), [call, 'personality'])).printed, '-5');
});

t.test('the flags are those of seccomp(2)', async (t) => {
	const flags = ['LOG', 'SPEC_ALLOW', 'TSYNC'].map((name) => `SECCOMP_FILTER_FLAG_${name}`) as SeccompProfile['flags'];
	const profile = { ...allowingAllBut('getpid', 'SCMP_ACT_ERRNO'), ...(flags ? { flags } : {}) };
	t.equal((await under(profile, [call, 'getpid'])).printed, EPERM);
});
