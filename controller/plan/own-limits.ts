/** The limits that procready itself keeps: as people write them, and as a result shows them. */

import { invalidOption } from '../errors.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import { defined, maybe } from '../model/defined.js';
import type { Limits } from '../model/limit-options.js';
import type { OwnLimits } from '../model/own-limits.js';
import type { Spec } from '../model/spec.js';
import { parseDuration } from '../model/units.js';
import { size } from './limit-options.js';

/** Throws `option-invalid`. */
export function ownLimitsOf({ cpuTime, outputMax }: Limits): OwnLimits {
	return defined({
		cpuTime: unlessMax(cpuTime, (time) => parseDuration(time, '/limits/cpuTime', 'ms', 'no limit is written max')),
		outputMax: unlessMax(outputMax, (bytes) => Number(size(bytes, '/limits/outputMax'))),
	});
}

function unlessMax<T, Made>(given: T | undefined, make: (given: T) => Made): Made | undefined {
	return maybe(given === 'max' ? undefined : given, make);
}

/** Throws `option-invalid` where procready would not see what is written. */
export function checkOwnLimits({ procready: { outputMax, consoleSocket } = {} }: Spec): void {
	if (outputMax !== undefined && consoleSocket !== undefined)
		throw invalidOption(
			'/procready/outputMax',
			'what is printed cannot be counted: the terminal goes to a consoleSocket',
		);
}

/** As limits of a result. */
export function ownAppliedOf({ cpuTime, outputMax }: OwnLimits): AppliedLimit[] {
	const applied = (limit: string, value: string) => ({ limit, asked: value, value, rounded: false });
	return [
		...(cpuTime === undefined ? [] : [applied('cpu.time', `${cpuTime}ms`)]),
		...(outputMax === undefined ? [] : [applied('output', String(outputMax))]),
	];
}

/** Those that are decided at the launch. Throws `option-invalid`. */
export function mustBeChangeable(limits: Limits, where = '/limits'): void {
	const fixed = (['devices', 'cpuTime', 'outputMax'] as const).find((option) => limits[option] !== undefined);
	if (fixed) throw invalidOption(`${where}/${fixed}`, 'cannot be changed while the program runs');
}
