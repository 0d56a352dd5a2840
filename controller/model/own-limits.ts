/**
 * The limits that procready itself keeps, because the kernel counts these things and has no limit for them. Who reaches
 * one is killed. The table is to them what that of limits.ts is to the limits of cgroups.
 */

export const ownLimits = [
	{
		name: 'cpu.time',
		option: 'cpuTime',
		unit: 'time',
		text: 'Processor time, user and system, of all that is in the container together.',
	},
	{
		name: 'output',
		option: 'outputMax',
		unit: 'bytes',
		text: 'What is written to stdout and stderr together; all before it is passed on.',
	},
] as const;

/** As a specification and a plan have them; absent: no limit. */
export interface OwnLimits {
	/** Milliseconds. */
	cpuTime?: number;
	/** Bytes, from 0 on. */
	outputMax?: number;
}

export type OwnLimit = (typeof ownLimits)[number]['name'];
