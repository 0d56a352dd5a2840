/** Ways to die or to be slowed down, on the real kernel, each told apart from the others. */

import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Options, type Result, run } from '../../controller/index.js';
import { cli, probe } from '../support/paths.js';

const MiB = 2 ** 20;
const sh = (script: string) => ['/bin/sh', '-c', script];
const touch = (bytes: number) => [probe, 'touch', String(bytes)];
const isV2 = (controller: string) =>
	readHost().hierarchies.some(({ version, controllers }) => version === 2 && controllers.includes(controller));

/** `limit level`, with a `!` where it was fatal. */
const causesOf = ({ verdict }: Pick<Result, 'verdict'>) =>
	verdict.causes.map(({ limit, level, fatal }) => `${limit} ${level}${fatal ? '!' : ''}`);

interface Way {
	name: string;
	args: string[];
	options?: Options;
	outcome: string;
	causes: string[];
	/** Of the verdict, or of the first cause. */
	sentence?: RegExp;
}

const ways: Way[] = [
	{ name: 'it passes', args: ['true'], outcome: 'passed', causes: [] },
	{ name: 'it fails by itself', args: ['false'], outcome: 'failed', causes: [], sentence: /exited with status 1/ },
	{
		name: 'it fails by itself, under limits that it does not reach',
		args: sh('exit 3'),
		options: { limits: { pids: 10, memory: '64M', cpu: 1 } },
		outcome: 'failed',
		causes: [],
	},
	{ name: 'it crashes', args: [probe, 'fault'], outcome: 'signaled', causes: [], sentence: /SIGSEGV.*own doing/ },
	{
		name: 'it is out of memory',
		args: touch(64 * MiB),
		options: { limits: { memory: '16M' } },
		outcome: 'signaled',
		causes: ['memory.max self!'],
		sentence: /16 MiB was exceeded, and the kernel killed the program/,
	},
	{
		name: 'a child of it is out of memory, and it goes on',
		args: sh(`${touch(64 * MiB).join(' ')}; exit 0`),
		options: { limits: { memory: '16M' } },
		outcome: 'passed',
		causes: ['memory.max self'],
		sentence: /killed 1 process/,
	},
	{
		name: 'a child of it is out of memory, and it gives up',
		args: sh(`${touch(64 * MiB).join(' ')} || exit 4`),
		options: { limits: { memory: '16M' } },
		outcome: 'failed',
		causes: ['memory.max self'],
	},
	{
		name: 'a fork is refused, and handled',
		args: [probe, 'forks'],
		options: { limits: { pids: 3 } },
		outcome: 'passed',
		causes: ['pids.max self'],
		sentence: /3 tasks was hit: 1 fork refused/,
	},
	{
		name: 'a fork is refused, and that is its end',
		args: sh('true & true & true & wait; exit 0'),
		options: { limits: { pids: 2 } },
		outcome: 'failed',
		causes: ['pids.max self'],
	},
	{
		name: 'it is throttled, and passes',
		args: [probe, 'spin', '150'],
		options: { limits: { cpu: 0.1 } },
		outcome: 'passed',
		causes: ['cpu.max self'],
		sentence: /0.1 processors was hit: throttled in/,
	},
	{
		name: 'the time-out',
		args: ['sleep', '86430'],
		options: { timeout: 200 },
		outcome: 'timed-out',
		causes: ['timeout self!'],
		sentence: /time-out of 200 ms/,
	},
	{
		name: 'throttled until the time-out',
		args: [probe, 'spin', '60000'],
		options: { timeout: 500, limits: { cpu: 0.1 } },
		outcome: 'timed-out',
		causes: ['timeout self!', 'cpu.max self'],
	},
	{
		name: 'out of memory in a child, then the time-out',
		args: sh(`${touch(64 * MiB).join(' ')}; sleep 86430`),
		options: { timeout: 700, limits: { memory: '16M' } },
		outcome: 'timed-out',
		causes: ['timeout self!', 'memory.max self'],
	},
	{
		name: 'the soft limit of cpu time',
		args: [probe, 'spin', '60000'],
		options: { rlimits: { cpu: '1:5' }, init: true },
		outcome: 'signaled',
		causes: ['RLIMIT_CPU self!'],
		sentence: /limit of 1 s of cpu time/,
	},
	{
		name: 'the hard limit of cpu time',
		args: [probe, 'spin', '60000'],
		options: { rlimits: { cpu: 1 } },
		outcome: 'signaled',
		causes: ['RLIMIT_CPU self!'],
		sentence: /hard limit of 1 s/,
	},
	{
		name: 'the size of a file',
		args: sh('exec head -c 100000 /dev/zero > file'),
		options: { rlimits: { fsize: 1024 }, init: true, cwd: t.testdir({}) },
		outcome: 'signaled',
		causes: ['RLIMIT_FSIZE self!'],
		sentence: /beyond 1024 bytes/,
	},
	{
		name: 'a system call that the profile forbids',
		args: ['mkdir', '/tmp/procready-verdict-mkdir'],
		options: {
			seccomp: {
				defaultAction: 'SCMP_ACT_ALLOW',
				syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS' }],
			},
		},
		outcome: 'signaled',
		causes: ['seccomp self!'],
		sentence: /seccomp profile forbids/,
	},
	{
		name: 'a system call that the profile refuses, and it fails by itself',
		args: ['mkdir', '/tmp/procready-verdict-mkdir'],
		options: {
			seccomp: {
				defaultAction: 'SCMP_ACT_ALLOW',
				syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
			},
		},
		outcome: 'failed',
		causes: [],
	},
	{
		name: 'two limits at once',
		args: sh(`${probe} forks >/dev/null; ${touch(64 * MiB).join(' ')}; exit 0`),
		options: { limits: { pids: 4, memory: '16M' } },
		outcome: 'passed',
		causes: ['memory.max self', 'pids.max self'],
	},
];

t.test('each way has its verdict', async (t) => {
	for (const { name, args, options = {}, outcome, causes, sentence } of ways) {
		const result = await run(args, options);
		t.equal(result.verdict.outcome, outcome, name);
		t.strictSame(causesOf(result), causes, name);
		if (sentence) t.match(result.verdict.causes[0]?.sentence ?? result.verdict.sentence, sentence, name);
	}
});

t.test('SIGKILL from outside, and from the caller', async (t) => {
	const killed = await Container.launch([probe, 'hold'], { limits: { memory: '16M', pids: 2 } });
	process.kill(killed.pid, 'SIGKILL');
	const outside = await killed.wait();
	t.match(outside, { signal: 'SIGKILL', verdict: { causes: [], sentence: /somebody has sent it/ } });
	const ended = await Container.launch([probe, 'hold'], { limits: { memory: '16M' } });
	ended.kill();
	t.match(await ended.wait(), { signal: 'SIGKILL', verdict: { causes: [], sentence: /sent by whoever ran it/ } });
});

t.test('a signal of its own, forwarded', async (t) => {
	const container = await Container.launch(['sleep', '86430'], { init: true });
	container.kill('SIGTERM');
	t.match(await container.wait(), { signal: 'SIGTERM', verdict: { outcome: 'signaled', causes: [] } });
});

const skip = !isV2('memory') && 'kernel: cgroup v1 has no memory.high';

t.test('memory.high slows down and kills nobody', { skip }, async (t) => {
	const result = await run(touch(24 * MiB), { limits: { memoryHigh: '16M', swap: 0 }, timeout: 3000 });
	t.ok(causesOf(result).includes('memory.high self'), causesOf(result).join());
	t.equal(result.usage.memory.oomKills, 0);
});

/** A cgroup of the test's own, with limits, in which another controller runs. */
async function below(
	files: Record<string, string>,
	args: string[],
): Promise<Pick<Result, 'verdict' | 'signal' | 'exitCode'>> {
	const name = `above-${process.pid}`;
	const made: string[] = [];
	try {
		for (const { base } of readHost().hierarchies) {
			if (base === undefined) continue;
			const path = join(base, '..', name);
			mkdirSync(path);
			made.push(path);
			for (const [file, value] of Object.entries(files))
				if (existsSync(join(path, file))) writeFileSync(join(path, file), value);
		}
		const { stdout } = await execa(
			process.execPath,
			[cli, 'run', '--json', '-', '--cgroup-parent', name, '--', ...args],
			{
				reject: false,
				stderr: 'ignore',
			},
		);
		return JSON.parse(stdout.slice(stdout.indexOf('{')));
	} finally {
		for (const path of made) rmdirSync(path);
	}
}

t.test('the limits of a cgroup above', async (t) => {
	// without swap, where there is some
	const memory = isV2('memory') ? { 'memory.max': '16M', 'memory.swap.max': '0' } : { 'memory.limit_in_bytes': '16M' };
	const outOfMemory = await below(memory, touch(64 * MiB));
	t.strictSame([outOfMemory.signal, ...causesOf(outOfMemory)], ['SIGKILL', 'memory.max ancestor!']);
	if (!isV2('memory')) {
		const together = { ...memory, 'memory.memsw.limit_in_bytes': '16M' }; // then memory.failcnt stands still
		const without = await below(together, touch(64 * MiB));
		t.strictSame([without.signal, ...causesOf(without)], ['SIGKILL', 'memory.max ancestor!']);
	}
	const forks = await below({ 'pids.max': '3' }, [probe, 'forks']);
	t.strictSame(causesOf(forks), ['pids.max ancestor']);
	const quota = isV2('cpu') ? { 'cpu.max': '20000 100000' } : { 'cpu.cfs_quota_us': '20000' };
	const throttled = await below(quota, [probe, 'spin', '150']);
	t.strictSame([throttled.exitCode, ...causesOf(throttled)], [0, 'cpu.max ancestor']);
});
