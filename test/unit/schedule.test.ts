/** Schedules as people write them, and every mistake in one; and how they are followed, with a clock and a container of the test's. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { LimitEvent } from '../../controller/cgroup/events.js';
import { follow } from '../../controller/container/follow.js';
import { ProcreadyError } from '../../controller/errors.js';
import { type FaultValues, faultOptionsOf } from '../../controller/flags/faults.js';
import type { ScheduledStep } from '../../controller/model/schedule.js';
import { scheduleOf } from '../../controller/plan/schedule.js';

t.test('times are milliseconds', async (t) => {
	t.strictSame(
		scheduleOf([
			{ at: 0, signal: 'SIGTERM' },
			{ at: '0', signal: 'SIGTERM' },
			{ at: '1.5s', freeze: '10ms' },
			{ on: 'pids.max', set: { pids: 2 } },
			{ on: 'memory.max', hits: 3, set: { memory: '1M' }, signal: 'SIGUSR1', freeze: 1 },
		]),
		[
			{ at: 0, signal: 'SIGTERM' },
			{ at: 0, signal: 'SIGTERM' },
			{ at: 1500, freeze: 10 },
			{ on: 'pids.max', hits: 1, set: { pids: 2 } },
			{ on: 'memory.max', hits: 3, set: { memory: '1M' }, signal: 'SIGUSR1', freeze: 1 },
		],
	);
});

t.test('every mistake has its place', async (t) => {
	for (const [step, where, message] of [
		[{ freeze: 1 }, '/schedule/0', /needs either at or on/],
		[{ at: 1, on: 'pids.max', freeze: 1 }, '/schedule/0', /needs either at or on/],
		[{ at: 1 }, '/schedule/0', /says when, and not what/],
		[{ at: 1, hits: 2, freeze: 1 }, '/schedule/0/hits', /is for on/],
		[{ at: -1, freeze: 1 }, '/schedule/0/at', /is not a positive time/],
		[{ at: '', freeze: 1 }, '/schedule/0/at', /is not a positive time/],
		[{ at: '0x0', freeze: 1 }, '/schedule/0/at', /is not a positive time/],
		[{ at: 'soon', freeze: 1 }, '/schedule/0/at', /is not a positive time/],
		[{ at: 1, freeze: 0 }, '/schedule/0/freeze', /is not a positive time/],
		[{ at: 1, signal: 'SIGNONE' }, '/schedule/0/signal', /is not a signal/],
		[{ at: 1, set: {} }, '/schedule/0/set', /names no limit/],
		[{ at: 1, set: { memory: '1X' } }, '/schedule/0/set/memory', /is not a size/],
		[{ at: 1, set: { devices: [] } }, '/schedule/0/set/devices', /cannot be changed/],
	] as [ScheduledStep, string, RegExp][])
		t.throws(() => scheduleOf([step]), { code: 'option-invalid', where, message }, JSON.stringify(step));
});

t.test('on the command line', async (t) => {
	t.strictSame(
		faultOptionsOf({
			at: ['200ms:memory.max=16M', '0:freeze=1s', '2:SIGTERM', '1:cpu.weight=50', '1:memory.zswap.max=max'],
			on: ['pids.max:pids.max=8', 'memory.max@3:memory.max=32M'],
		}).schedule,
		[
			{ at: 200, set: { memory: '16M' } },
			{ at: 0, freeze: 1000 },
			{ at: 2000, signal: 'SIGTERM' },
			{ at: 1000, set: { cpuWeight: 50 } },
			{ at: 1000, set: { set: { 'memory.zswap.max': 'max' } } },
			{ on: 'pids.max', set: { pids: '8' } },
			{ on: 'memory.max', hits: 3, set: { memory: '32M' } },
		],
	);
	for (const [values, message] of [
		[{ at: ['1'] }, /--at: "1" is not of the form T:WHAT/],
		[{ at: ['1:'] }, /not of the form/],
		[{ at: ['1:stop'] }, /--at: "stop" is not of the form FILE=VALUE/],
		[{ at: ['x:SIGTERM'] }, /--at: "x" is not a positive time/],
		[{ at: ['1:cpu.weight=x'] }, /--at: "x" is not an integer/],
		[{ at: ['1:memory.oom.group=2'] }, /--at: "2" is neither 0 nor 1/],
		[{ on: ['cpu.max:SIGTERM'] }, /--on: "cpu.max" is none of pids.max/],
		[{ on: ['pids.max@0:SIGTERM'] }, /the first time is 1/],
		[{ on: ['pids.max@x:SIGTERM'] }, /--on: "x" is not an integer/],
	] satisfies [FaultValues, RegExp][])
		t.throws(() => faultOptionsOf(values), { code: 'option-invalid', message });
});

/** A container that notes what is done to it, and hits limits when the test says so. */
function recorder(events: Partial<LimitEvent>[] = []) {
	const calls: string[] = [];
	const refuse = new ProcreadyError('limit-too-small', 'memory.max: too small');
	return {
		calls,
		container: {
			pid: process.pid,
			async update(limits: object) {
				calls.push(JSON.stringify(limits));
				if (JSON.stringify(limits).includes('4K')) throw refuse;
				return [{ limit: 'pids.max', asked: '8', value: '8', rounded: false }];
			},
			async pause() {
				calls.push('pause');
			},
			async resume() {
				calls.push('resume');
			},
			kill: (signal: string) => calls.push(signal) > 0,
			async *events() {
				yield* events as LimitEvent[];
			},
		} as unknown as Parameters<typeof follow>[0],
	};
}

const began = Date.now();
const now = () => Date.now() - began;

t.test('one after the other, and what is refused is said', async (t) => {
	const { calls, container } = recorder();
	const schedule = scheduleOf([
		{ at: 0, set: { pids: 8 }, signal: 'SIGUSR1', freeze: 1 },
		{ at: 0, set: { memory: '4K' } },
		{ at: '24h', signal: 'SIGTERM' },
		{ on: 'pids.max', freeze: 1 },
	]);
	const following = follow(container, schedule, now);
	while (calls.length < 5) await sleep(1);
	const done = await following.end();
	t.strictSame(calls, ['{"pids":8}', 'SIGUSR1', 'pause', 'resume', '{"memory":"4K"}']);
	t.match(done, [
		{ time: Number, when: 'at 0 µs', did: 'pids.max=8', error: undefined },
		{ did: 'SIGUSR1' },
		{ did: 'freeze 1 ms' },
		{ did: 'memory.max=4096', error: 'memory.max: too small' },
		{ time: null, when: 'at 86400 s', did: 'SIGTERM', error: 'the program had ended' },
		{ time: null, when: 'on pids.max', did: 'freeze 1 ms', error: 'the program had ended' },
	]);
});

t.test('on the n-th hit, once', async (t) => {
	const hit = (total: number, limit = 'pids.max') => ({ limit, total, increase: 1 });
	const { calls, container } = recorder([hit(9, 'memory.max'), hit(1), hit(2), hit(3), hit(7)]);
	const following = follow(container, scheduleOf([{ on: 'pids.max', hits: 3, signal: 'SIGUSR1' }]), now);
	while (calls.length < 1) await sleep(1);
	t.match(await following.end(), [{ when: 'on pids.max, hit 3 times', did: 'SIGUSR1' }]);
	t.strictSame(calls, ['SIGUSR1']);
});
