/** When and where a process runs: sched_setattr(2), ioprio_set(2), sched_setaffinity(2). */

import { invalidOption } from '../errors.js';
import { didYouMean } from '../model/closest.js';
import type { InitConfig, InitScheduler } from '../model/init-config.js';
import type { IoPriority, Scheduler } from '../model/spec.js';

const largestCpu = 1023;

/** A list as in cpuset(7), or numbers, in ascending order. */
export function parseCpus(given: string | number[], where: string): number[] {
	const ranges = String(given) // numbers become such a list
		.split(',')
		.map((range) => range.trim());
	const cpus = new Set<number>();
	for (const range of ranges) {
		const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
		if (first === undefined || Number(first) > Number(last) || Number(last) > largestCpu)
			throw invalidOption(
				where,
				`${JSON.stringify(given)} is not a list of processors from 0 to ${largestCpu} such as 0-3,7`,
			);
		for (let cpu = Number(first); cpu <= Number(last); cpu++) cpus.add(cpu);
	}
	return [...cpus].sort((a, b) => a - b);
}

/** `process.scheduler`; a nice value alone is that of the normal policy. */
export function schedulerOf(scheduler: Scheduler | undefined, nice: number | undefined): Scheduler | undefined {
	if (nice !== undefined && scheduler?.nice !== undefined)
		throw invalidOption('/nice', 'is given twice, also as scheduler.nice');
	if (!scheduler) return nice === undefined ? undefined : { policy: 'SCHED_OTHER', nice };
	const named = {
		...scheduler,
		policy: withPrefix('SCHED_', scheduler.policy),
		...(nice === undefined ? {} : { nice }),
	};
	checkScheduler(named, '/scheduler');
	return named;
}

/** `process.ioPriority`. */
export function ioPriorityOf(given: IoPriority): IoPriority {
	const priority = { ...given, class: withPrefix('IOPRIO_CLASS_', given.class) };
	checkIoPriority(priority, '/ioPriority');
	return priority;
}

function withPrefix(prefix: string, given: string): string {
	const upper = given.toUpperCase();
	return upper.startsWith(prefix) ? upper : prefix + upper;
}

const policies = ['SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE'];
const realTime = ['SCHED_FIFO', 'SCHED_RR'];

/** What the kernel would say with a mere EINVAL. */
function checkScheduler({ policy, nice, priority, runtime, deadline, period }: Scheduler, where: string): void {
	if (!policies.includes(policy))
		throw invalidOption(
			`${where}/policy`,
			`${policy} is none of ${policies.join(', ')}${didYouMean(policy, policies)}`,
		);
	if (realTime.includes(policy) ? !priority : priority)
		throw invalidOption(`${where}/priority`, 'a priority of 1 to 99 is for SCHED_FIFO and SCHED_RR, which need one');
	if (nice && (realTime.includes(policy) || policy === 'SCHED_DEADLINE'))
		throw invalidOption(`${where}/nice`, `a nice value has no meaning for ${policy}`);
	if (policy !== 'SCHED_DEADLINE' && (runtime || deadline || period))
		throw invalidOption(`${where}/runtime`, 'runtime, deadline and period are for SCHED_DEADLINE only');
	if (policy === 'SCHED_DEADLINE' && !(runtime && deadline && runtime <= deadline && deadline <= (period || deadline)))
		throw invalidOption(
			`${where}/runtime`,
			'SCHED_DEADLINE needs a runtime, not above the deadline, and that not above the period',
		);
}

/** `scheduler` of the init config. */
export function initScheduler({ flags = [], ...scheduler }: Scheduler): InitScheduler {
	checkScheduler(scheduler, '/process/scheduler');
	for (const [index, flag] of flags.entries())
		if (flag !== 'SCHED_FLAG_RESET_ON_FORK')
			throw invalidOption(`/process/scheduler/flags/${index}`, `${flag} is not supported`);
	return { ...scheduler, ...(flags.length > 0 ? { resetOnFork: true } : {}) };
}

const ioClasses = ['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'];

function checkIoPriority(given: IoPriority, where: string): void {
	if (!ioClasses.includes(given.class))
		throw invalidOption(
			`${where}/class`,
			`${given.class} is none of ${ioClasses.join(', ')}${didYouMean(given.class, ioClasses)}`,
		);
	if (given.class === 'IOPRIO_CLASS_IDLE' && given.priority)
		throw invalidOption(`${where}/priority`, 'a priority has no meaning for IOPRIO_CLASS_IDLE');
}

/** `ioPriority` of the init config. */
export function initIoPriority(given: IoPriority): NonNullable<InitConfig['ioPriority']> {
	checkIoPriority(given, '/process/ioPriority');
	return given;
}
