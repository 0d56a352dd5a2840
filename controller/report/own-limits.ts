/** The limits that procready itself keeps: what came of them. */

import type { OwnLimit } from '../model/own-limits.js';
import { type Cause, type Ended, type InForce, limitOf } from './cause.js';
import type { Usage } from './usage.js';
import { count, duration } from './words.js';

/**
 * Also of a program that ended by itself, before procready saw that it had used more than it may: whether it was killed in
 * time is chance. What a kill for another reason left running no longer counts.
 */
export function ownCauses(ended: Ended, inForce: InForce, { cpu }: Usage): Cause[] {
	const { exceeded, outputBytes = 0 } = ended;
	const isFirst = (limit: OwnLimit) => exceeded === limit || (!exceeded && !ended.timedOut && !ended.killed);
	const time = Number.parseFloat(limitOf(inForce, 'cpu.time') ?? 'NaN');
	const bytes = Number(limitOf(inForce, 'output') ?? 'NaN');
	const used = cpu.total ?? 0;
	const cause = (limit: OwnLimit, value: string, evidence: string, said: string): Cause => {
		const fatal = exceeded === limit && ended.signal === 'SIGKILL';
		const end = fatal ? 'and everything was killed' : 'and it ended by itself before it could be killed for that';
		return { limit, level: 'self', value, hits: 1, evidence, fatal, sentence: `${said}, ${end}.` };
	};
	const causes: Cause[] = [];
	if (isFirst('cpu.time') && used >= time)
		causes.push(
			cause(
				'cpu.time',
				`${time}ms`,
				`cpu.stat usage_usec ${Math.round(used * 1000)}`,
				`It used ${duration(used)} of processor time, of which it may use ${duration(time)}`,
			),
		);
	if (isFirst('output') && outputBytes > bytes)
		causes.push(
			cause(
				'output',
				String(bytes),
				`read by procready: more than ${count(bytes, 'byte')}`,
				`It wrote more than the ${count(bytes, 'byte')} that it may write to stdout and stderr`,
			),
		);
	return causes;
}
