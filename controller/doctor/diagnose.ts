/** What this host can do for procready, and what would mend the rest. */
import { accountChecks } from './account-checks.js';
import { cgroupChecks } from './cgroup-checks.js';
import { type Check, groups, type Result } from './check.js';
import { controllerChecks } from './controller-checks.js';
import type { Facts } from './facts.js';
import { gatherFacts } from './gather.js';
import { hostChecks } from './host-checks.js';
import { namespaceChecks } from './namespace-checks.js';
import { networkChecks } from './network-checks.js';
import { rightsChecks } from './rights-checks.js';
import { type Verdict, verdictOf } from './verdict.js';

export interface Diagnosis {
	/** Of procready. */
	version: string;
	verdict: Verdict;
	results: Result[];
}

const checks: Check[] = [
	...hostChecks,
	...cgroupChecks,
	...controllerChecks,
	...accountChecks,
	...rightsChecks,
	...namespaceChecks,
	...networkChecks,
];

/** Looks at this host. Leaves nothing behind; takes less than a second. */
export async function doctor(): Promise<Diagnosis> {
	return diagnose(await gatherFacts());
}

/** Pure. */
export function diagnose(facts: Facts): Diagnosis {
	const results = checks.flatMap((check) => check(facts));
	results.sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
	return { version: facts.own.version, verdict: verdictOf(results), results };
}
