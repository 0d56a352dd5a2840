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
	const { exceeded, timedOut, killed, outputBytes = 0 } = ended;
	const isJudged = (limit: OwnLimit) => exceeded === limit || (!exceeded && !timedOut && !killed);
	const time = Number.parseFloat(limitOf(inForce, 'cpu.time') ?? 'NaN');
	const size = Number(limitOf(inForce, 'output') ?? 'NaN');
	const used = cpu.total ?? 0;
	const causes: Cause[] = [];
	if (isJudged('cpu.time') && used >= time)
		causes.push({
			limit: 'cpu.time',
			level: 'self',
			value: `${time}ms`,
			hits: 1,
			evidence: `cpu.stat usage_usec ${Math.round(used * 1000)}`,
			...endOf(ended, `It used ${duration(used)} of processor time, of which it may use ${duration(time)}`),
		});
	if (isJudged('output') && outputBytes > size)
		causes.push({
			limit: 'output',
			level: 'self',
			value: String(size),
			hits: 1,
			evidence: `procready read more than ${count(size, 'byte')}`,
			...endOf(ended, `It wrote more than the ${count(size, 'byte')} that it may write to stdout and stderr`),
		});
	return causes;
}

function endOf({ exceeded, signal }: Ended, said: string): Pick<Cause, 'fatal' | 'sentence'> {
	const fatal = exceeded !== undefined && signal === 'SIGKILL';
	const end = fatal ? 'and everything was killed' : 'and it ended by itself before it could be killed for that';
	return { fatal, sentence: `${said}, ${end}.` };
}
