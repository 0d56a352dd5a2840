/** A seccomp profile as a user gives it: by option, by flag, for further processes, and in the report. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { Container, plan, run, type SeccompProfile } from '../../controller/index.js';
import { cacheDirectory } from '../../controller/seccomp/cache.js';
import { usual } from '../fixtures/seccomp/usual.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { call } from '../support/paths.js';

const EPERM = '-1\n';
const directory = mkdtempSync(join(tmpdir(), 'procready-seccomp-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const without = (name: string, action: 'SCMP_ACT_ERRNO' | 'SCMP_ACT_KILL_PROCESS' = 'SCMP_ACT_ERRNO') =>
	({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [name], action }] }) satisfies SeccompProfile;

t.test('the program is under the profile, also with few rights and under small limits', async (t) => {
	t.equal((await run([call, 'ptrace'], { seccomp: usual })).stdout, EPERM);
	const small = { seccomp: usual, limits: { pids: 1, memory: '1M' }, noNewPrivileges: true, capDrop: ['ALL'] };
	t.equal((await run([call, 'ptrace'], small)).stdout, EPERM);
});

t.test('so is every further process in the container, whatever its own rights', async (t) => {
	await using container = await Container.launch(['sleep', '86440'], { seccomp: usual });
	for (const noNewPrivileges of [true, false]) {
		const execution = await container.exec([call, 'ptrace'], { stdin: 'ignore', noNewPrivileges });
		t.equal(await text(execution.stdout as Readable), EPERM);
		t.equal((await execution.wait()).exitCode, 0);
	}
	const own = await container.exec([call, 'ptrace'], { stdin: 'ignore', seccomp: without('getpid') });
	t.not(await text(own.stdout as Readable), EPERM, 'or under one of its own');
});

t.test('a program that the profile kills is told from one that fails', async (t) => {
	const { signal, verdict } = await run([call, 'ptrace'], { seccomp: without('ptrace', 'SCMP_ACT_KILL_PROCESS') });
	t.equal(signal, 'SIGSYS');
	t.match(verdict.causes, [{ limit: 'seccomp', fatal: true }]);
});

t.test('a profile that is wrong is refused before anything is started, with a pointer', async (t) => {
	const listening = { defaultAction: 'SCMP_ACT_NOTIFY' } as const;
	t.throws(() => plan(['true'], { seccomp: listening }), { code: 'option-invalid', where: '/seccomp/defaultAction' });
	const foreign = { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_S390X'] } as const;
	await t.rejects(run(['true'], { seccomp: { ...foreign, architectures: [...foreign.architectures] } }), {
		code: 'option-invalid',
		where: '/linux/seccomp/architectures/0',
	});
	t.strictSame(leftovers('86440'), []);
});

t.test('a note says which system calls are not forbidden because nobody here knows them', async (t) => {
	await using container = await Container.launch(['true'], { seccomp: without('nonesuch') });
	t.match(container.notes, [/does not know these system calls, so they are not forbidden: nonesuch$/]);
	await using other = await Container.launch(['true'], { seccomp: usual });
	t.strictSame(other.notes, []);
});

t.test('--seccomp FILE, with numbers of 64 bits', async (t) => {
	const file = join(directory, 'profile.json');
	const widest = '18446744073709551615';
	const args = `[{ "index": 0, "value": ${widest}, "op": "SCMP_CMP_EQ" }]`;
	writeFileSync(
		file,
		`{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
			{ "names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": ${args} }] }`,
	);
	const personality = (persona: string) => procready(['run', '--seccomp', file, '--', call, 'personality', persona]);
	t.match(await personality(widest), { status: 0, stdout: EPERM, stderr: '' });
	t.match(await personality('0xffffffff'), { status: 0, stdout: '0\n', stderr: '' });
});

t.test('where filters are kept nobody else can write', async (t) => {
	await run(['true'], { seccomp: usual });
	const { uid, mode } = statSync(cacheDirectory());
	t.equal(uid, process.geteuid?.());
	t.equal(mode & 0o022, 0);
});
