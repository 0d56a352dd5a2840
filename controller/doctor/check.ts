/** What a check says. */
import type { Facts } from './facts.js';

/** `limited`: it works in part, or in another way; `affects` says what is lost. */
export type State = 'ok' | 'limited' | 'missing';

export const groups = ['host', 'cgroups', 'limits', 'account', 'rights', 'namespaces', 'files', 'network'] as const;

export interface Result {
	group: (typeof groups)[number];
	name: string;
	state: State;
	/** One sentence, without a full stop. */
	finding: string;
	/** Commands or sentences; each of them alone mends it. */
	remedies?: string[];
	/** The limits, options and features that do not work without it, or not fully. */
	affects?: string[];
}

/** Pure: facts in, results out. */
export type Check = (facts: Facts) => Result | Result[];

/** The results that one thing can have. */
export function about(group: Result['group'], name: string) {
	const result =
		(state: State) =>
		(finding: string, more: Pick<Result, 'remedies' | 'affects'> = {}): Result => ({
			group,
			name,
			state,
			finding,
			...more,
		});
	return { ok: result('ok'), limited: result('limited'), missing: result('missing') };
}
