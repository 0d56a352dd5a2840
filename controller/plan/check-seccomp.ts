/** What a profile must be: the schema, and what a schema cannot say. */
import { ProcreadyError } from '../errors.js';
import { validators } from '../host/release.js';
import type { SeccompProfile } from '../model/seccomp-profile.js';
import { findViolation, type Violation } from '../model/validate.js';

/**
 * Throws `option-invalid` with a JSON pointer; `at` is that of the profile. What the machine's libseccomp makes of it
 * shows only in compileSeccomp.
 */
export function checkProfile(profile: unknown, at = '/linux/seccomp'): asserts profile is SeccompProfile {
	const violation = findViolation(validators.seccomp, profile) ?? findFault(profile as SeccompProfile);
	if (violation) throw refusal(at + violation.pointer, violation.message);
}

export function refusal(where: string, message: string): ProcreadyError {
	return new ProcreadyError('option-invalid', `seccomp: ${where} ${message}`, { where });
}

const unheard =
	'needs a process that answers for the kernel (a seccomp listener), and procready has none: ' +
	'let SCMP_ACT_ERRNO refuse the call, or SCMP_ACT_TRACE hand it to a tracer';

function findFault(profile: SeccompProfile): Violation | undefined {
	for (const pointer of unheardOf(profile)) return { pointer, message: unheard };
	for (const { pointer, action } of needlessErrnos(profile))
		return { pointer, message: `is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not for ${action}` };
	for (const { pointer, value } of valuesOf(profile))
		if (BigInt(value) >= 2n ** 64n) return { pointer, message: 'is not a number from 0 to 2^64 - 1' };
	return undefined;
}

/** Everything that only a listener gives a meaning to. */
function* unheardOf({ defaultAction, flags, syscalls, listenerPath, listenerMetadata }: SeccompProfile) {
	if (defaultAction === 'SCMP_ACT_NOTIFY') yield '/defaultAction';
	for (const [i, { action }] of (syscalls ?? []).entries())
		if (action === 'SCMP_ACT_NOTIFY') yield `/syscalls/${i}/action`;
	for (const [i, flag] of (flags ?? []).entries())
		if (flag === 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV') yield `/flags/${i}`;
	if (listenerPath !== undefined) yield '/listenerPath';
	if (listenerMetadata !== undefined) yield '/listenerMetadata';
}

function* needlessErrnos({ defaultAction, defaultErrnoRet, syscalls }: SeccompProfile) {
	const numbered = ['SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE'];
	if (defaultErrnoRet !== undefined && !numbered.includes(defaultAction))
		yield { pointer: '/defaultErrnoRet', action: defaultAction };
	for (const [i, { action, errnoRet }] of (syscalls ?? []).entries())
		if (errnoRet !== undefined && !numbered.includes(action)) yield { pointer: `/syscalls/${i}/errnoRet`, action };
}

function* valuesOf({ syscalls }: SeccompProfile) {
	for (const [i, { args }] of (syscalls ?? []).entries())
		for (const [j, { value, valueTwo }] of (args ?? []).entries()) {
			yield { pointer: `/syscalls/${i}/args/${j}/value`, value };
			if (valueTwo !== undefined) yield { pointer: `/syscalls/${i}/args/${j}/valueTwo`, value: valueTwo };
		}
}
