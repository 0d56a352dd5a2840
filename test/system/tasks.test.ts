/** pids.max means tasks of the user's program, exactly. */
import t from 'tap';
import { run } from '../../controller/index.js';
import { probe, python, smallest } from '../support/paths.js';

t.test('a program that forks until refused gets exactly N-1 children, 100 times of 100', async (t) => {
	for (const pids of [1, 2, 3, 4, 5, 6, 7, 8]) {
		const seen = new Map<string, number>();
		for (let i = 0; i < 100; i++) {
			const { stdout, usage, verdict } = await run([probe, 'forks'], { limits: { pids } });
			const what = `${stdout.trim()} children, ${usage.tasks.refused} refused, ${verdict.causes[0]?.hits} hit`;
			seen.set(what, (seen.get(what) ?? 0) + 1);
		}
		t.strictSame([...seen], [[`${pids - 1} children, 1 refused, 1 hit`, 100]], `pids.max ${pids}`);
	}
});

t.test('0 is a limit too, and the same as 1: the program is there already', async (t) => {
	const { stdout, limits } = await run([probe, 'forks'], { limits: { pids: 0 } });
	t.equal(stdout, '0\n');
	t.match(limits, [{ limit: 'pids.max', value: '0' }]);
});

t.test('one task is enough for programs of one task', async (t) => {
	for (const [args, output] of [
		[['/bin/true'], ''],
		[[smallest], ''],
		[[python, '-c', 'print("one task")'], 'one task\n'],
	] as const) {
		const { exitCode, stdout, stderr, usage, verdict } = await run(args, { limits: { pids: 1 } });
		t.equal(exitCode, 0, args[0]);
		t.equal(stdout, output);
		t.equal(stderr, '');
		t.equal(usage.tasks.refused, 0);
		t.equal(verdict.outcome, 'passed');
		t.strictSame(verdict.causes, []);
	}
});

t.test('a program of three tasks passes with 3 and 4, and not with 2', async (t) => {
	const script = ['/bin/sh', '-c', 'sleep 0.05 & sleep 0.05 & wait'];
	for (const [pids, outcome, refused] of [
		[2, 'failed', 1],
		[3, 'passed', 0],
		[4, 'passed', 0],
	] as const) {
		const { verdict, usage } = await run(script, { limits: { pids } });
		t.equal(verdict.outcome, outcome, `pids.max ${pids}`);
		t.equal(usage.tasks.refused, refused);
		if (usage.tasks.peak !== null) t.equal(usage.tasks.peak, Math.min(pids, 3));
	}
});

t.test('threads are tasks', async (t) => {
	const script = 'import threading, time\nfor i in range(3): threading.Thread(target=time.sleep, args=(0.1,)).start()';
	t.equal((await run([python, '-c', script], { limits: { pids: 4 } })).exitCode, 0);
	const refused = await run([python, '-c', script], { limits: { pids: 3 } });
	t.equal(refused.exitCode, 1);
	t.match(refused.stderr, /can't start new thread/);
	t.equal(refused.usage.tasks.refused, 1);
});
