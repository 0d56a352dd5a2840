/** A profile as the text that compiler.c reads: one line for each rule that libseccomp gets. */
import type { SeccompArg, SeccompProfile, SeccompSyscall } from '../model/seccomp-profile.js';

const EPERM = 1;

export interface ProfileText {
	text: string;
	/** JSON pointer into the profile for each line. */
	pointers: string[];
}

/** The profile must have passed checkProfile. */
export function profileText(profile: SeccompProfile): ProfileText {
	const defaultAction = actionOf(profile.defaultAction, profile.defaultErrnoRet);
	const lines = [
		{ line: `default ${defaultAction}`, pointer: '/defaultAction' },
		...(profile.architectures ?? []).map((name, i) => ({
			line: `architecture ${name.replace('SCMP_ARCH_', '').toLowerCase()}`,
			pointer: `/architectures/${i}`,
		})),
		...(profile.syscalls ?? []).flatMap((syscall, i) => rulesOf(syscall, defaultAction, `/syscalls/${i}`)),
	];
	return {
		text: lines.map(({ line }) => `${line}\n`).join(''),
		pointers: lines.map(({ pointer }) => pointer),
	};
}

/** SCMP_ACT_KILL is the old name of SCMP_ACT_KILL_THREAD. */
function actionOf(action: string, errno = EPERM): string {
	if (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE') return `${action} ${errno}`;
	return action === 'SCMP_ACT_KILL' ? 'SCMP_ACT_KILL_THREAD' : action;
}

/** As in runc, a rule that says what the default says is left out: libseccomp would refuse it. */
function rulesOf({ names, action, errnoRet, args = [] }: SeccompSyscall, defaultAction: string, at: string) {
	const ruleAction = actionOf(action, errnoRet);
	if (ruleAction === defaultAction) return [];
	return names.flatMap((name, i) =>
		alternativesOf(args).map((conditions) => ({
			line: ['rule', ruleAction, name, ...conditions.map(conditionOf)].join(' '),
			pointer: `${at}/names/${i}`,
		})),
	);
}

/** As in runc, conditions of which two look at the same argument are alternatives; else all must hold. */
function alternativesOf(args: SeccompArg[]): SeccompArg[][] {
	const indices = new Set(args.map(({ index }) => index));
	return indices.size < args.length ? args.map((arg) => [arg]) : [args];
}

function conditionOf({ index, op, value, valueTwo }: SeccompArg): string {
	return `${index} ${op} ${value} ${op === 'SCMP_CMP_MASKED_EQ' ? (valueTwo ?? 0) : 0}`;
}
