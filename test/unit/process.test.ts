/** Resource limits, when and where a process runs, and its other members. */
import t from 'tap';
import { initRlimits, rlimitsOf } from '../../controller/plan/rlimits.js';
import {
	initIoPriority,
	initScheduler,
	ioPriorityOf,
	parseCpus,
	schedulerOf,
} from '../../controller/plan/scheduling.js';
import { refusal } from '../support/refusal.js';

t.test('resource limits', async (t) => {
	for (const [name, given, type, soft, hard] of [
		['nofile', 1024, 'RLIMIT_NOFILE', 1024, 1024],
		['nofile', '1024:4096', 'RLIMIT_NOFILE', 1024, 4096],
		['RLIMIT_CORE', 'unlimited', 'RLIMIT_CORE', -1, -1],
		['As', '0:unlimited', 'RLIMIT_AS', 0, -1],
		['nofile', -1, 'RLIMIT_NOFILE', -1, -1],
		['memlock', '64K:max', 'RLIMIT_MEMLOCK', 65_536, -1],
		['stack', '8MiB:infinity', 'RLIMIT_STACK', 8_388_608, -1],
		['rtprio', '9007199254740991', 'RLIMIT_RTPRIO', 9_007_199_254_740_991, 9_007_199_254_740_991],
	] as const)
		t.strictSame(initRlimits(rlimitsOf({ [name]: given })), [{ type, soft, hard }], `${name}=${given}`);
	for (const given of ['', '1:', ':1', '1:2:3', '-2', '1K', '0x1', ' 1', '1.5', '9007199254740992', 1.5, -2])
		t.throws(() => rlimitsOf({ nofile: given }), refusal('/rlimits/nofile'), String(given));
	t.throws(() => rlimitsOf({ files: 1 }), refusal('/rlimits/files', /is not a resource limit: cpu, fsize/));
	t.throws(() => rlimitsOf({ nofiles: 1 }), refusal('/rlimits/nofiles', /; did you mean "nofile"\?$/));
	t.throws(() => rlimitsOf({ as: '64MB' }), refusal('/rlimits/as', /write 64MiB, or 64000000$/));
	t.throws(() => rlimitsOf({ nofile: '2:1' }), refusal('/rlimits/nofile', /soft limit is above the hard/));
	t.throws(() => rlimitsOf({ nofile: 'unlimited:1' }), refusal('/rlimits/nofile'));
	t.throws(() => rlimitsOf({ nofile: 1, RLIMIT_NOFILE: 1 }), refusal('/rlimits/RLIMIT_NOFILE', /twice/));
});

t.test('resource limits of OCI: 2^64 - 1 is none, and what has lost digits is refused', async (t) => {
	const limit = (soft: string, hard = soft) => ({ type: 'RLIMIT_AS', soft: JSON.parse(soft), hard: JSON.parse(hard) });
	t.strictSame(initRlimits([limit('18446744073709551615')]), [{ type: 'RLIMIT_AS', soft: -1, hard: -1 }]);
	t.throws(() => initRlimits([limit('0', '9223372036854775807')]), refusal('/process/rlimits/0', /exact/));
	t.throws(() => initRlimits([limit('0'), limit('1')]), refusal('/process/rlimits/1', /twice/));
	t.throws(() => initRlimits([{ ...limit('0'), type: 'RLIMIT_FOO' }]), refusal('/process/rlimits/0'));
});

t.test('lists of processors', async (t) => {
	for (const [given, cpus] of [
		['0', [0]],
		['0-3,7', [0, 1, 2, 3, 7]],
		['7, 1-2 ,2', [1, 2, 7]],
		['1023', [1023]],
		[
			[3, 1, 3],
			[1, 3],
		],
	] as const)
		t.strictSame(parseCpus(typeof given === 'string' ? given : [...given], '/x'), cpus, String(given));
	for (const given of ['', '1024', '3-1', '1-', '-1', 'a', '1,,2', '1-2-3', '0-1023:2', [1024], [-1], [0.5], []])
		t.throws(() => parseCpus(given, '/x'), refusal('/x'), JSON.stringify(given));
});

t.test('scheduling', async (t) => {
	const deadline = { policy: 'DEADLINE', runtime: 1, deadline: 2, period: 3 };
	for (const [scheduler, nice, expected] of [
		[undefined, undefined, undefined],
		[undefined, 5, { policy: 'SCHED_OTHER', nice: 5 }],
		[{ policy: 'batch' }, -5, { policy: 'SCHED_BATCH', nice: -5 }],
		[{ policy: 'SCHED_FIFO', priority: 1 }, undefined, { policy: 'SCHED_FIFO', priority: 1 }],
		[deadline, undefined, { ...deadline, policy: 'SCHED_DEADLINE' }],
		[{ policy: 'idle', nice: 0, priority: 0 }, undefined, { policy: 'SCHED_IDLE', nice: 0, priority: 0 }],
	] as const)
		t.strictSame(schedulerOf(scheduler, nice), expected, JSON.stringify([scheduler, nice]));
	for (const [scheduler, nice, where] of [
		[{ policy: 'fast' }, undefined, '/scheduler/policy'],
		[{ policy: 'fifo' }, undefined, '/scheduler/priority'],
		[{ policy: 'batch', priority: 1 }, undefined, '/scheduler/priority'],
		[{ policy: 'rr', priority: 1, nice: 1 }, undefined, '/scheduler/nice'],
		[{ policy: 'rr', priority: 1 }, 1, '/scheduler/nice'],
		[{ policy: 'batch', nice: 1 }, 1, '/nice'],
		[{ policy: 'batch', runtime: 1 }, undefined, '/scheduler/runtime'],
		[{ policy: 'deadline' }, undefined, '/scheduler/runtime'],
		[{ ...deadline, deadline: 4 }, undefined, '/scheduler/runtime'],
		[{ ...deadline, runtime: 3 }, undefined, '/scheduler/runtime'],
	] as const)
		t.throws(() => schedulerOf(scheduler, nice), refusal(where), JSON.stringify([scheduler, nice]));
	t.strictSame(initScheduler({ policy: 'SCHED_OTHER', flags: ['SCHED_FLAG_RESET_ON_FORK'] }), {
		policy: 'SCHED_OTHER',
		resetOnFork: true,
	});
	t.throws(
		() => initScheduler({ policy: 'SCHED_OTHER', flags: ['SCHED_FLAG_RECLAIM'] }),
		refusal('/process/scheduler/flags/0', /SCHED_FLAG_RECLAIM is not supported/),
	);
});

t.test('io priority', async (t) => {
	t.strictSame(ioPriorityOf({ class: 'be', priority: 7 }), { class: 'IOPRIO_CLASS_BE', priority: 7 });
	t.strictSame(ioPriorityOf({ class: 'IOPRIO_CLASS_IDLE' }), { class: 'IOPRIO_CLASS_IDLE' });
	t.throws(() => ioPriorityOf({ class: 'best' }), refusal('/ioPriority/class'));
	t.throws(() => initIoPriority({ class: 'IOPRIO_CLASS_IDLE', priority: 1 }), refusal('/process/ioPriority/priority'));
});
