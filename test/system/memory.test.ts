/** memory.max means memory of the user's program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ProcreadyError, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { probe, python, shim, smallest } from '../support/paths.js';
import { hasSwap, isV2 } from '../support/places.js';

const MiB = 2 ** 20;
const touch = (bytes: number) => [probe, 'touch', String(bytes)];

t.test('a program that fits passes, one that does not is killed, and the verdict says so', async (t) => {
	const fits = await run([probe, 'touch', String(8 * MiB)], { limits: { memory: '9M' } });
	t.equal(fits.exitCode, 0);
	t.strictSame(fits.verdict, { outcome: 'passed', causes: [], sentence: 'It exited with status 0.' });

	for (const memory of ['8M', '7M']) {
		const killed = await run([probe, 'touch', String(8 * MiB)], { limits: { memory } });
		t.match(killed, { exitCode: null, signal: 'SIGKILL', usage: { memory: { oomKills: 1 } } });
		t.match(killed.verdict, { outcome: 'signaled', causes: [{ limit: 'memory.max', fatal: true }] });
		t.match(killed.verdict.causes[0]?.sentence, /the kernel killed the program/);
	}
});

t.test('the limit binds at the page', async (t) => {
	const once = async (limit: number) =>
		(await run([probe, 'touch', String(4 * MiB)], { limits: { memory: limit } })).exitCode === 0;
	// the kernel charges in advance for each processor, so one that would fit may be killed now and then
	const passes = async (limit: number) => (await once(limit)) || (await once(limit)) || (await once(limit));
	let [fails, works] = [4 * MiB, 5 * MiB];
	while (works - fails > 4096) {
		const middle = Math.floor((fails + works) / 8192) * 4096;
		if (await passes(middle)) works = middle;
		else fails = middle;
	}
	t.notOk(await passes(works - 64 * 1024), 'well below the edge');
	t.ok(await passes(works + 64 * 1024), 'well above the edge');
	t.ok(works - 4 * MiB < 192 * 1024, `a program needs ${(works - 4 * MiB) / 1024} KiB beside what it touches`);
});

t.test('a killed child of a program that goes on is told apart', async (t) => {
	const script = `${probe} touch ${64 * MiB}; echo went on; exit 0`;
	const result = await run(['/bin/sh', '-c', script], { limits: { memory: '16M' } });
	t.equal(result.exitCode, 0);
	t.equal(result.stdout, 'went on\n');
	t.match(result.verdict, { outcome: 'passed', causes: [{ limit: 'memory.max', fatal: false }] });
	t.match(result.verdict.causes[0]?.sentence, /killed 1 process/);
});

t.test('the peak is that of the program', async (t) => {
	const { usage } = await run([probe, 'touch', String(16 * MiB)], { limits: { memory: '64M' } });
	const peak = usage.memory.peak;
	if (peak === null) return void t.pass('this kernel has no memory.peak');
	t.ok(peak >= 16 * MiB, `${peak} is at least what was touched`);
	// the kernel charges up to 256 KiB in advance for each processor
	t.ok(peak < 18 * MiB, `${peak} is not much more`);
});

t.test(
	'memory.high reclaims and slows down, and kills nobody',
	{ skip: !isV2 && 'kernel: cgroup v1 has no memory.high' },
	async (t) => {
		const free = await run(touch(24 * MiB), { limits: { swap: 0 } });
		t.notOk(free.usage.memory.highHits);
		const slow = await run(touch(17 * MiB), { limits: { memoryHigh: '16M', swap: 0 } });
		t.equal(slow.exitCode, 0, 'what cannot be reclaimed is above it, and goes on');
		t.match(slow.usage.memory, { oomKills: 0, limitHits: 0 });
		t.ok((slow.usage.memory.peak ?? 0) > 17 * MiB);
		const waited = slow.usage.pressure.memory.some;
		if (waited !== null) t.ok(waited > (free.usage.pressure.memory.some ?? 0), `it waited ${waited} ms for memory`);
		if (!hasSwap) return void t.comment('what swap would show is not shown here');
		const swapped = await run(touch(64 * MiB), { limits: { memoryHigh: '16M' } });
		t.equal(swapped.exitCode, 0);
		t.ok((swapped.usage.memory.peak ?? 0) < 20 * MiB, `${swapped.usage.memory.peak}: the rest went out`);
		t.match(swapped.verdict.causes, [{ limit: 'memory.high', level: 'self', fatal: false }]);
	},
);

t.test('swap: as much as was asked for, and none by itself', { skip: !hasSwap && 'kernel: no swap' }, async (t) => {
	const runs = async (swap: number | undefined) =>
		run(touch(16 * MiB), { limits: { memory: 8 * MiB, ...(swap !== undefined && { swap }) } });
	for (const [swap, passes] of [
		[undefined, false],
		[0, false],
		[4 * MiB, false],
		[12 * MiB, true],
	] as const) {
		const { exitCode, verdict, usage } = await runs(swap);
		t.equal(exitCode, passes ? 0 : null, `swap ${swap}`);
		t.match(verdict.causes[0], { limit: 'memory.max', fatal: !passes });
		const peak = usage.memory.swapPeak;
		if (peak !== null) t.ok(peak <= (swap ?? 0) && (!passes || peak >= 8 * MiB), `${peak} bytes of ${swap}`);
	}
});

t.test('rusage is not inherited from Node', async (t) => {
	const { usage } = await run([smallest]);
	t.ok((usage.rusage.maxrss ?? Infinity) < 2 * MiB, `${usage.rusage.maxrss} bytes`);
});

t.test('a real program', async (t) => {
	const result = await run([python, '-c', 'bytearray(100 << 20)'], { limits: { memory: '48M' } });
	t.match(result, { signal: 'SIGKILL', verdict: { causes: [{ limit: 'memory.max', value: String(48 * MiB) }] } });
});

t.test('the kernel rounds to pages, and the result says so', async (t) => {
	const { limits } = await run([smallest], { limits: { memory: 1_000_000 } });
	t.strictSame(
		limits.find(({ limit }) => limit === 'memory.max'),
		{ limit: 'memory.max', asked: '1000000', value: '999424', rounded: true },
	);
});

t.test('a limit that is smaller than the program needs to start is an error, and nothing else', async (t) => {
	for (const memory of [1, 4096, 8192])
		await t.rejects(
			run([smallest], { limits: { memory } }),
			{ constructor: ProcreadyError, code: 'limit-too-small', where: 'memory.max' },
			`${memory} bytes`,
		);
});

t.test('what finds no memory before there is a limit is not the limit', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const path = join(directory, 'shim');
	for (const [call, message] of [
		['setsid', /setsid.*: Out of memory/],
		['sethostname', /sethostname inside: Out of memory/],
		['prlimit64', /memory[.-]max: 1073741824 is smaller than the program needs to start/],
	] as const) {
		writeFileSync(path, `#!/bin/sh\nexec strace -fqqo /dev/null -e inject=${call}:error=ENOMEM:when=1 ${shim} "$@"\n`);
		chmodSync(path, 0o755);
		const options = ['--memory-max', '1G', '--hostname', 'inside', '--rlimit', 'nofile=99'];
		const { status, stderr } = await procready(['run', ...options, '--', smallest], { env: { PROCREADY_SHIM: path } });
		t.equal(status, 125, call);
		t.match(stderr, message);
		if (call !== 'prlimit64') t.notMatch(stderr, 'memory.max');
	}
});

t.test('a pid namespace whose first process has ended is named, not the limit', async (t) => {
	const child = spawn('unshare', ['--pid', '--fork', 'sh', '-c', 'echo; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
	await once(child.stdout, 'data');
	const file = openSync(`/proc/${child.pid}/ns/pid_for_children`, 'r'); // a mount would be there for all tests
	child.stdin.end();
	await once(child, 'exit');
	const path = `/proc/${process.pid}/fd/${file}` as const;
	t.match(await run([smallest], { limits: { memory: '1G' }, namespaces: { pid: path } }).catch((error) => error), {
		code: 'setup-failed',
		message: new RegExp(`the pid namespace ${path} takes no process: its first one has ended`),
	});
	closeSync(file);
});

t.test('a small limit that is enough is enough, always', async (t) => {
	for (let i = 0; i < 20; i++) t.equal((await run([smallest], { limits: { memory: '80K' } })).exitCode, 0);
});
