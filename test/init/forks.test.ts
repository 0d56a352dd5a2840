/** Forks that are refused by their number: exactly these, of whatever kind, and nothing of it is seen by the program. */
import t from 'tap';
import type { ProcExited } from '../../controller/model/messages.js';
import { forEverybody } from '../support/everybody.js';
import { narrowProgram, noNarrow } from '../support/narrow.js';
import { probe, python } from '../support/paths.js';
import { type Changes, run } from '../support/raw-shim.js';
import { failure, look } from '../support/run-init.js';

const kinds = ['fork', 'vfork', 'clone3', 'spawn', 'thread'];

async function forked(args: string[], refuse: number[], changes: Changes = {}) {
	const { last, stdout, stderr } = await run({ args, forks: { refuse }, ...changes });
	if (last?.type !== 'procExited') throw new Error(`no end: ${JSON.stringify(last)}`);
	return { ...(last as ProcExited & { code?: number }), stdout, stderr };
}

for (const kind of kinds)
	t.test(`${kind}: each of ten fails alone`, async (t) => {
		for (let k = 1; k <= 11; k++) {
			const { code, stdout, forks } = await forked([probe, 'refused', kind, '10'], [k]);
			t.equal(code, 0);
			t.equal(stdout, k <= 10 ? `${k}\n` : '', `fork ${k}`);
			t.strictSame(forks, { attempted: 10, refused: k <= 10 ? [k] : [] });
		}
	});

t.test('several of them, in the order of the config', async (t) => {
	const { stdout, forks } = await forked([probe, 'refused', 'fork', '10'], [9, 2, 10, 40]);
	t.equal(stdout, '2\n9\n10\n');
	t.strictSame(forks, { attempted: 10, refused: [9, 2, 10] });
});

t.test('as many as there may be', async (t) => {
	const all = Array.from({ length: 64 }, (_, index) => index + 1);
	const { stdout, forks } = await forked([probe, 'refused', 'fork', '65'], all);
	t.equal(stdout, all.map((k) => `${k}\n`).join(''));
	t.strictSame(forks, { attempted: 65, refused: all });
});

t.test('none is refused, and all are counted', async (t) => {
	t.strictSame((await forked([probe, 'refused', 'fork', '10'], [])).forks, { attempted: 10, refused: [] });
	t.strictSame((await forked(['true'], [])).forks, { attempted: 0, refused: [] }, 'the exec is none');
	const { last } = await run({ args: [probe, 'refused', 'fork', '2'] });
	t.notOk(last && 'forks' in last, 'nothing is said where nothing is asked');
});

t.test('of all that descends from the program', async (t) => {
	const nested = `
import os
def fork(depth):
    try:
        pid = os.fork()
    except BlockingIOError:
        print(depth, flush=True)
        return
    if pid == 0:
        if depth < 4: fork(depth + 1)
        os._exit(0)
    os.waitpid(pid, 0)
fork(1)
`;
	for (const k of [1, 2, 3, 4]) {
		const { stdout, forks } = await forked([python, '-c', nested], [k]);
		t.equal(stdout, `${k}\n`, `by the process ${k} levels down`);
		t.strictSame(forks, { attempted: k, refused: [k] });
	}
});

t.test(
	'with a process 1 of ours, without a pid namespace, in a user namespace, under a filter of its own',
	async (t) => {
		const allow = '060000000000ff7f'; // one instruction
		for (const [name, changes] of [
			['a process 1 of ours', { process1: true }],
			['the pid namespace of the host', { namespaces: { mount: 'new' }, mounts: undefined }],
			['no_new_privs', { noNewPrivileges: true }],
			['a filter', { seccomp: { filter: allow } }],
			['a filter and no_new_privs', { seccomp: { filter: allow }, noNewPrivileges: true }],
			['no capabilities', { capabilities: {} }],
			['another user', { user: { uid: 65534, gid: 65534 }, capabilities: {} }],
		] satisfies [string, Changes][]) {
			const { stdout, forks } = await forked([forEverybody(probe), 'refused', 'fork', '5'], [4], changes);
			t.equal(stdout, '4\n', name);
			t.strictSame(forks, { attempted: 5, refused: [4] }, name);
		}
	},
);

t.test('the program sees no file descriptor more, and the filter', async (t) => {
	const without = await look({});
	const seen = await look({ forks: { refuse: [1] } });
	t.strictSame(Object.keys(seen.fds), Object.keys(without.fds));
	t.equal(seen.seccomp, 2);
});

t.test('of the ABI of 32 bits', { skip: noNarrow }, async (t) => {
	const EAGAIN = 11;
	for (const [name, number] of [
		['fork', 2],
		['clone', 120],
		['vfork', 190],
	] as const) {
		const each = `for i in 1 2 3; do ${narrowProgram(number)}; echo $?; done`;
		// the shell forks for each of them
		const { stdout, forks } = await forked(['sh', '-c', each], [4]);
		t.equal(stdout, `0\n${EAGAIN}\n0\n`, name);
		t.strictSame(forks, { attempted: 6, refused: [4] }, name);
	}
});

t.test('a second listener finds no place', async (t) => {
	const script = [
		'import ctypes, struct',
		'libc = ctypes.CDLL(None, use_errno=True)',
		'code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))',
		'program = ctypes.create_string_buffer(struct.pack("H6xQ", 1, ctypes.addressof(code)))',
		'libc.prctl(38, 1, 0, 0, 0)',
		`print(libc.syscall(${process.arch === 'arm64' ? 277 : 317}, 1, 8, program), ctypes.get_errno())`,
	].join('\n');
	t.equal((await forked([python, '-c', script], [1])).stdout, '-1 16\n', 'EBUSY');
	const { stdout } = await run({ args: [python, '-c', script] });
	t.match(stdout, /^3 0/, 'as there is without');
});

t.test('a program that cannot be executed, and a launch that fails later', async (t) => {
	t.match(await failure({ args: ['/nonexistent'], forks: {} }), { step: 'exec', errno: 2 });
	t.match(await failure({ cwd: '/nonexistent', forks: { refuse: [1] } }), { step: 'cwd', errno: 2 });
});
