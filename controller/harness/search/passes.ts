/** Whether a run is as it should be: with the expectations of suites, or exit status 0. */

import { type RunResult, run } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import type { Options } from '../../model/options.js';
import type { Spec } from '../../model/spec.js';
import { type Came, compile, type Files } from '../expect/check.js';
import { type Expectations, type Failure, withDefaults } from '../expect/expectations.js';
import { readFiles } from '../expect/files.js';
import { saidLines } from '../said.js';
import { compileServed, isService, type ServiceProgram } from '../service/program.js';
import type { Trial } from './trials.js';

export interface JudgedTrial extends Trial {
	/** Of one that did not pass: the last lines of what the program said, and the last client, for people. */
	said?: string[];
}

export type Judge = (
	program: readonly string[] | Spec | ServiceProgram,
	options: Options,
) => Promise<JudgedTrial & ({ result: RunResult; error?: never } | { result?: never; error: ProcreadyError })>;

/** Failures that say nothing of a limit: no value of it would help. */
const hopeless = [
	...[
		'service-failed',
		'option-invalid',
		'not-permitted',
		'cgroup-missing',
		'controller-missing',
		'file-unknown',
		'cwd-invalid',
	],
	...['command-not-found', 'name-in-use', 'shim-missing', 'shim-refused', 'seccomp-missing', 'protocol-violated'],
	'aborted',
];

/** Throws `option-invalid` for expectations that cannot be understood. A launch that fails for a limit is a run that does not pass. */
export function judgeOf(expectations: Expectations = {}): Judge {
	const { failures, mistakes } = compile(withDefaults(expectations));
	if (mistakes[0]) throw mistakes[0];
	const ofService = compileServed(expectations);
	const runOf = async (program: readonly string[] | Spec | ServiceProgram, options: Options) => {
		if (isService(program)) return ofService.run(program, options);
		const came = await cameOf(program, options);
		return { came, served: undefined, failures: (files: Files) => failures(came, files) };
	};
	return async (program, options) => {
		const { came, served, failures } = await runOf(program, options);
		for (const one of [came, ...(served?.clients ?? [])]) mustBeHopeful(one);
		const [failure] = failures(readFiles(Object.keys(expectations.files ?? {}), options.cwd ?? '.', options.rootfs));
		const result = came instanceof ProcreadyError ? { error: came } : { result: came };
		if (failure === undefined) return { passed: true, ...result };
		const said = [...saidLines(came), ...saidLines(served?.clients.at(-1), 'client ')];
		return { passed: false, reason: reasonOf(came, failure, served !== undefined), said, ...result };
	};
}

async function cameOf(args: readonly string[] | Spec, options: Options): Promise<Came> {
	try {
		return await run(args, options);
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		return mustBeHopeful(error);
	}
}

function mustBeHopeful(came: Came): Came {
	if (came instanceof ProcreadyError && hopeless.includes(came.code)) throw came;
	return came;
}

/** Of a service that has served it is a client that failed. */
function reasonOf(came: Came, { sentence }: Failure, isServed: boolean): string {
	if (came instanceof ProcreadyError) return came.message;
	const { outcome, sentence: ofEnd, causes } = came.verdict;
	const [cause] = causes;
	const isOfEnd = isServed ? outcome !== 'passed' : cause !== undefined;
	return [isOfEnd ? ofEnd : sentence, ...(cause ? [cause.sentence] : [])].join(' ');
}
