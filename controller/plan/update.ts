/** New limits for a container that runs: what is written, and where. */

import { invalidOption } from '../errors.js';
import { validators } from '../host/release.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import type { Host } from '../model/host.js';
import type { Limits } from '../model/limit-options.js';
import type { ContainerDirectories, LimitWrite } from '../model/plan.js';
import { mustBeValid } from '../model/validate.js';
import { byOptions } from './limit-named.js';
import { resourcesOf } from './limit-options.js';
import { mustBeChangeable } from './own-limits.js';
import { type AskedLimits, limitsOf } from './resources.js';
import { writesOf } from './writes.js';

/** In the order of a launch. Throws `option-invalid`, `controller-missing`, `file-unknown`. */
export function updateOf(
	given: Limits,
	inForce: readonly AppliedLimit[],
	container: ContainerDirectories,
	host: Host,
): LimitWrite[] {
	mustBeValid(validators.options, { limits: given }, 'options');
	const limits = byOptions(given);
	mustBeChangeable(limits);
	const asked = limitsOf(resourcesOf(limits));
	if (asked.size === 0 && !limits.link) throw invalidOption('/limits', 'names no limit');
	return changeOf(asked, inForce, container, host);
}

/** The same for limits that are said as `linux.resources`. */
export function changeOf(
	asked: AskedLimits,
	inForce: readonly AppliedLimit[],
	container: ContainerDirectories,
	host: Host,
): LimitWrite[] {
	const held = new Map(inForce.map(({ limit, value }) => [limit, value]));
	keepSwap(asked, held, container);
	const { early, late } = writesOf(asked, [], host, [...container.directories, ...container.spare], held);
	return [...early, ...late];
}

/**
 * A memory limit by itself leaves the limit of swap as it is; only where there is none it forbids swap, as at the launch.
 * v1 has to be told all the same, because there it is a sum.
 */
function keepSwap(asked: AskedLimits, held: ReadonlyMap<string, string>, { directories }: ContainerDirectories): void {
	const swap = held.get('memory.swap.max') ?? 'max';
	const isNamed = asked.has('memory.swap.max') && !asked.get('memory.swap.max')?.implied;
	if (!asked.has('memory.max') || asked.get('memory.max')?.asked === 'max' || isNamed || swap === 'max') return;
	const isSum = directories.some(({ version, controllers }) => version === 1 && controllers.includes('memory'));
	if (isSum) asked.set('memory.swap.max', { asked: swap });
	else asked.delete('memory.swap.max');
}
