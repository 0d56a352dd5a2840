/** `--expect NAME=VALUE`: expectations of suites, in words of the command line. */

import { invalidFlag } from '../flags/arguments.js';
import { compile } from '../harness/expect/check.js';
import type { Expectations } from '../harness/expect/expectations.js';
import type { Flag } from '../model/flag.js';

export const expectFlag = {
	expect: {
		type: 'string',
		multiple: true,
		value: 'NAME=VALUE',
		help: 'what is to pass: exitCode=3, "stdout=/ready/"; default: exit status 0',
	},
} as const satisfies Record<string, Flag>;

/** Members that have members. */
const groups = ['usage', 'hits', 'files'];

export function expectationsOf(given: string[] | undefined): Expectations | undefined {
	if (given === undefined) return undefined;
	const expectations: Record<string, unknown> = {};
	for (const one of given) {
		const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(one) ?? [];
		if (name === '') throw invalidFlag('--expect', `${JSON.stringify(one)} is not of the form NAME=VALUE`);
		const [group = '', ...member] = name.split('.');
		if (!groups.includes(group) || member.length === 0) expectations[name] = value;
		else expectations[group] = { ...(expectations[group] as object | undefined), [member.join('.')]: value };
	}
	const [mistake] = compile(expectations as Expectations).mistakes;
	if (mistake) throw invalidFlag('--expect', mistake.message.replace(/^(\S+): /, '$1 '), mistake);
	return expectations as Expectations;
}
