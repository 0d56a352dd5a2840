/** `procready run --each-fork`: a line for every fork that is refused, while they are run. */

import { eachFork, type ForkRun } from '../faults/each-fork.js';
import type { Options } from '../model/options.js';
import type { Spec } from '../model/spec.js';
import { visible } from '../model/visible.js';
import { count, duration } from '../report/words.js';
import { stderr } from './output.js';
import type { Content, EachForkReport } from './report.js';

/** All runs, and whether each of them ended in an acceptable way. Lines go to stderr. */
export async function reportEachFork(
	what: readonly string[] | Spec,
	options: Options,
): Promise<Content<EachForkReport>> {
	const runs: ForkRun[] = [];
	const command = 'process' in what ? what.process.args[0] : what[0];
	for await (const one of eachFork(what, options)) {
		if (runs.length === 0)
			stderr.write(`procready: ${visible(command ?? '')}: ${count(one.attempted, 'fork')}\n${heading}`);
		runs.push(one);
		stderr.write(lineOf(one));
	}
	const bad = runs.filter(({ acceptable }) => !acceptable).length;
	stderr.write(
		bad === 0
			? 'procready: every run ended by itself\n'
			: `procready: ${bad} of ${runs.length} runs ended by a signal or a time-out\n`,
	);
	return { kind: 'each-fork', runs, acceptable: bad === 0 };
}

const heading = `  ${'refused'.padEnd(9)}${'ended'.padEnd(20)}${'after'.padEnd(10)}said\n`;

function lineOf(one: ForkRun): string {
	const refused = one.refused === null ? 'none' : `fork ${one.refused}`;
	const said = one.reached ? one.said : 'it did not come to that fork';
	return `  ${refused.padEnd(9)}${endOf(one).padEnd(20)}${duration(one.wallTime).padEnd(10)}${said}`
		.trimEnd()
		.concat('\n');
}

function endOf({ exitCode, signal, timedOut }: ForkRun): string {
	if (timedOut) return 'NOT, timed out';
	return signal === null ? `status ${exitCode}` : `BY ${signal}`;
}
