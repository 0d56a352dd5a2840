/** What is done to a container while its program runs, and when: as people write it, and as the plan has it. */

import { invalidOption, ProcreadyError } from '../errors.js';
import { defined, maybe } from '../model/defined.js';
import type { Limits } from '../model/limit-options.js';
import { limitName } from '../model/limits.js';
import { parseSignal } from '../model/numbers.js';
import type { PlannedStep, ScheduledStep, TellingLimit } from '../model/schedule.js';
import { parseDuration, parseTimeLimit } from '../model/units.js';
import { byOptions } from './limit-named.js';
import { resourcesOf } from './limit-options.js';
import { mustBeChangeable } from './own-limits.js';
import { limitsOf } from './resources.js';

/** Throws `option-invalid`; whether the kernel takes the limits is seen when their time has come. */
export function scheduleOf(steps: readonly ScheduledStep[], where = '/schedule'): PlannedStep[] {
	return steps.map((step, index) => plannedStep(step, `${where}/${index}`));
}

function plannedStep({ at, on, hits, set, signal, freeze }: ScheduledStep, where: string): PlannedStep {
	if ((at === undefined) === (on === undefined)) throw invalidOption(where, 'needs either at or on');
	if (hits !== undefined && on === undefined) throw invalidOption(`${where}/hits`, 'is for on, which is missing');
	if (set === undefined && signal === undefined && freeze === undefined)
		throw invalidOption(where, 'says when, and not what: set, signal or freeze is missing');
	const limits = maybe(set, (given) => byOptions(given, `${where}/set`));
	if (limits) checkLimits(limits, `${where}/set`);
	return defined({
		at: maybe(at, (time) => parseTimeLimit(time, `${where}/at`, 'ms')),
		on: maybe(on, (limit) => limitName(limit) as TellingLimit),
		hits: maybe(on, () => hits ?? 1),
		set: limits,
		signal: maybe(signal, (name) => parseSignal(name, `${where}/signal`)),
		freeze: maybe(freeze, (time) => parseDuration(time, `${where}/freeze`, 'ms')),
	});
}

/** Their errors speak of the options of a launch. */
function checkLimits(limits: Limits, where: string): void {
	try {
		mustBeChangeable(limits);
		if (limitsOf(resourcesOf(limits)).size === 0) throw invalidOption('/limits', 'names no limit');
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		const at = (error.where ?? '').replace(/^\/limits/, where);
		throw new ProcreadyError(error.code, error.message.replace(error.where ?? '', at), { where: at, cause: error });
	}
}
