/** What a program finds inside, and how one steers it from outside. */
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import t from 'tap';
import { Container, run } from '../../controller/index.js';
import { leftoversAfter } from '../support/leftovers.js';
import { probe, smallest } from '../support/paths.js';

const sh = (script: string) => ['/bin/sh', '-c', script];

t.test('new namespaces, and the host where none was asked for', async (t) => {
	const { stdout } = await run(sh('for n in pid mnt uts ipc cgroup net user time; do readlink /proc/self/ns/$n; done'));
	const inside = stdout.trim().split('\n');
	const outside = ['pid', 'mnt', 'uts', 'ipc', 'cgroup', 'net', 'user', 'time'].map((name) =>
		readlinkSync(`/proc/self/ns/${name}`),
	);
	t.strictSame(
		inside.map((link, i) => link !== outside[i]),
		[true, true, true, true, true, false, false, false],
	);
});

t.test('the program is process 2, and /proc is its own', async (t) => {
	const { stdout } = await run(sh('echo $$; echo /proc/[0-9]*; stat -f -c %T /proc'));
	t.strictSame(stdout.split('\n').slice(0, 2), ['2', '/proc/1 /proc/2']);
	t.match(readFileSync('/proc/self/mountinfo', 'utf8'), / \/proc /);
});

t.test('nothing it does to its namespaces reaches the host', async (t) => {
	const { exitCode } = await run(sh('hostname inside && mount -t tmpfs none /mnt && touch /mnt/procready-was-here'));
	t.equal(exitCode, 0);
	t.not(hostname(), 'inside');
	t.notOk(existsSync('/mnt/procready-was-here'));
});

t.test('the cgroup namespace is rooted at its own cgroup', async (t) => {
	const { stdout } = await run(['cat', '/proc/self/cgroup']);
	for (const controller of ['pids', 'memory', 'cpu'])
		for (const line of stdout.split('\n').filter((line) => line.split(/[:,]/).includes(controller)))
			t.match(line, /:\/$/, line);
	t.match(stdout, /0::\/\n/);
});

t.test('no file descriptor but the three, whatever the caller has open', async (t) => {
	const { stdout } = await run([probe, 'fds']);
	t.equal(stdout, '0\n1\n2\n');
});

t.test('signals: none blocked, none ignored', async (t) => {
	const { stdout } = await run(['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status']);
	t.match(stdout, /SigBlk:\t0+\nSigIgn:\t0+\n/);
});

t.test('environment and directory', async (t) => {
	const extended = await run(sh('echo "$PROCREADY_TEST $HOME"; pwd'), { env: { PROCREADY_TEST: 'ü=1' }, cwd: '/usr' });
	t.equal(extended.stdout, `ü=1 ${process.env.HOME ?? ''}\n/usr\n`);
	const replaced = await run(['/usr/bin/env'], { env: { ONLY: 'this' }, extendEnv: false });
	t.equal(replaced.stdout, 'ONLY=this\n');
	Object.assign(process.env, { USER: 'caller', LOGNAME: 'caller' });
	for (const [options, printed] of [
		[{}, [process.env.HOME, 'caller', 'caller']],
		[{ user: 'daemon' }, ['/usr/sbin', 'daemon', 'daemon']],
		[{ user: '1' }, ['/usr/sbin', 'daemon', 'daemon']],
		[{ user: 'daemon', env: { HOME: '/h', USER: '' } }, ['/h', '', 'daemon']],
		[{ user: '4242424' }, ['/']],
	] as const) {
		const { stdout } = await run(sh('printenv HOME; printenv USER; printenv LOGNAME'), { cwd: '/', ...options });
		t.equal(stdout, printed.map((line) => `${line}\n`).join(''), JSON.stringify(options));
	}
	const path = await run(['true'], { env: { PATH: '/nowhere:/bin' } });
	t.equal(path.exitCode, 0, 'the PATH of the program is what counts');
});

t.test('a live container', async (t) => {
	const container = await Container.launch(['cat'], { limits: { pids: 1 } });
	t.match(readFileSync(`/proc/${container.pid}/comm`, 'utf8'), 'cat');
	container.stdin?.write('hello');
	const [chunk] = await once(container.stdout as NodeJS.EventEmitter, 'data');
	t.equal(String(chunk), 'hello');
	container.stdin?.end();
	const result = await container.wait();
	t.match(result, { exitCode: 0, signal: null, timedOut: false });
	t.equal(container.kill(), false, 'it has ended');
	t.strictSame(await container.wait(), result, 'wait() can be called again');
});

t.test('kill: the signal that ended it', async (t) => {
	for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
		const container = await Container.launch([probe, signal === 'SIGKILL' ? 'hold' : 'handle']);
		if (signal === 'SIGTERM') await once(container.stdout as NodeJS.EventEmitter, 'data');
		t.equal(container.kill(signal), true);
		const { exitCode, signal: ended, verdict } = await container.wait();
		t.strictSame([exitCode, ended], signal === 'SIGKILL' ? [null, 'SIGKILL'] : [42, null]);
		t.strictSame(verdict.causes, []);
	}
	t.match(await run([probe, 'fault']), { exitCode: null, signal: 'SIGSEGV', verdict: { outcome: 'signaled' } });
});

t.test('output that nobody reads does not keep the container', async (t) => {
	const container = await Container.launch(sh('echo unread'));
	t.equal((await container.wait()).exitCode, 0);
});

t.test('a daemon left behind ends with the program', async (t) => {
	const mark = '86421.01';
	const { exitCode } = await run(sh(`setsid sleep ${mark} >/dev/null 2>&1 & exit 3`));
	t.equal(exitCode, 3);
	t.strictSame(await leftoversAfter(`sleep ${mark}`), []);
});

t.test('time-out', async (t) => {
	const mark = '86421.02';
	const result = await run(sh(`sleep ${mark} & sleep ${mark}`), { timeout: '300ms' });
	t.match(result, { timedOut: true, signal: 'SIGKILL', verdict: { outcome: 'timed-out' } });
	t.match(result.verdict.causes, [{ limit: 'timeout', value: '300', fatal: true }]);
	t.ok(result.wallTime >= 299, `${result.wallTime} ms`);
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('abort: before, during and after the launch', async (t) => {
	const mark = '86421.03';
	const aborted = { code: 'aborted', name: 'ProcreadyError' };
	await t.rejects(run(['sleep', mark], { signal: AbortSignal.abort('why') }), { ...aborted, cause: 'why' });
	for (const delay of [0, 1, 2, 3, 5, 8, 20, 100]) {
		await t.rejects(run(['sleep', mark], { signal: AbortSignal.timeout(delay) }), aborted, `after ${delay} ms`);
	}
	t.strictSame(await leftoversAfter(mark), []);
	const late = new AbortController();
	await run([smallest], { signal: late.signal });
	late.abort();
});

t.test('await using', async (t) => {
	const mark = '86421.04';
	{
		await using container = await Container.launch(['sleep', mark]);
		t.ok(container.pid > 1);
	}
	t.strictSame(await leftoversAfter(mark, 0), [], 'nothing is left when the block is');
});

t.test('output beyond maxOutput is dropped, not waited for', async (t) => {
	const result = await run(sh('head -c 3000000 /dev/zero'), { maxOutput: 1000 });
	t.equal(result.stdout.length, 1000);
	t.equal(result.truncated, true);
	t.equal(result.exitCode, 0);
});

t.test('output that was cut is counted all the same, and ends with a whole character', async (t) => {
	for (const [script, maxOutput, stdout, written] of [
		['printf "one\\ntwo\\nthree"', 13, 'one\ntwo\nthree', { bytes: 13, lines: 3, kept: 13 }],
		['printf "one\\ntwo\\nthree"', 12, 'one\ntwo\nthre', { bytes: 13, lines: 3, kept: 12 }],
		['printf "one\\n\\n"', 0, '', { bytes: 5, lines: 2, kept: 0 }],
		['printf "ééé"', 3, 'é', { bytes: 6, lines: 1, kept: 3 }],
		['printf "\\200"', 1, '\uFFFD', { bytes: 1, lines: 1, kept: 1 }],
		['true', 1, '', { bytes: 0, lines: 0, kept: 0 }],
	] as const) {
		const result = await run(sh(script), { maxOutput });
		t.match(result, { stdout, truncated: written.bytes > maxOutput, written: { stdout: written } }, script);
	}
});

t.test('200 at once, all exact, nothing left', async (t) => {
	const results = await Promise.all(
		Array.from({ length: 200 }, (_, i) => run([probe, 'forks'], { limits: { pids: 1 + (i % 4) } })),
	);
	t.strictSame(
		results.map(({ stdout, usage }) => `${stdout.trim()} ${usage.tasks.refused}`),
		Array.from({ length: 200 }, (_, i) => `${i % 4} 1`),
	);
	t.strictSame(await leftoversAfter(`${probe} forks`), []);
});

t.test('with an init process every signal reaches the program, and ends it where it has no handler', async (t) => {
	const container = await Container.launch(['sleep', '86471'], { init: true });
	t.equal(container.kill('SIGTERM'), true);
	t.match(await container.wait(), { exitCode: null, signal: 'SIGTERM' });
	t.equal(container.kill('SIGTERM'), false);
});
