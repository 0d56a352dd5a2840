/** Whether a run is as it should be: with the expectations of suites, or exit status 0. */

import { type RunResult, run } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import type { Options } from '../../model/options.js';
import type { Spec } from '../../model/spec.js';
import { type Came, compile } from '../expect/check.js';
import { type Expectations, withDefaults } from '../expect/expectations.js';
import { readFiles } from '../expect/files.js';
import type { Trial } from './trials.js';

export type Judge = (
	args: readonly string[] | Spec,
	options: Options,
) => Promise<Trial & ({ result: RunResult; error?: never } | { result?: never; error: ProcreadyError })>;

/** Failures that say nothing of a limit: no value of it would help. */
const hopeless = [
	...['option-invalid', 'not-permitted', 'cgroup-missing', 'controller-missing', 'file-unknown', 'cwd-invalid'],
	...['command-not-found', 'name-in-use', 'shim-missing', 'shim-refused', 'seccomp-missing', 'protocol-violated'],
	'aborted',
];

/** Throws `option-invalid` for expectations that cannot be understood. A launch that fails for a limit is a run that does not pass. */
export function judgeOf(expectations: Expectations = {}): Judge {
	const { failures, mistakes } = compile(withDefaults(expectations));
	if (mistakes[0]) throw mistakes[0];
	return async (args, options) => {
		const came = await cameOf(args, options);
		const files = readFiles(Object.keys(expectations.files ?? {}), options.cwd ?? '.', options.rootfs);
		const [failure] = failures(came, files);
		const passed = failure === undefined;
		const result = came instanceof ProcreadyError ? { error: came } : { result: came };
		return passed ? { passed, ...result } : { passed, reason: reasonOf(came, failure.sentence), ...result };
	};
}

async function cameOf(args: readonly string[] | Spec, options: Options): Promise<Came> {
	try {
		return await run(args, options);
	} catch (error) {
		if (error instanceof ProcreadyError && !hopeless.includes(error.code)) return error;
		throw error;
	}
}

function reasonOf(came: Came, failure: string): string {
	if (came instanceof ProcreadyError) return came.message;
	const [cause] = came.verdict.causes;
	return cause ? `${came.verdict.sentence} ${cause.sentence}` : failure;
}
