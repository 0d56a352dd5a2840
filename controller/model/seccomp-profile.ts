/** The types of ../../schema/seccomp.schema.json, which is the authority: OCI runtime-spec 1.3, `linux.seccomp`. */

export type SeccompAction =
	| 'SCMP_ACT_KILL'
	| 'SCMP_ACT_KILL_PROCESS'
	| 'SCMP_ACT_KILL_THREAD'
	| 'SCMP_ACT_TRAP'
	| 'SCMP_ACT_ERRNO'
	| 'SCMP_ACT_TRACE'
	| 'SCMP_ACT_ALLOW'
	| 'SCMP_ACT_LOG'
	| 'SCMP_ACT_NOTIFY';

export type SeccompOperator =
	| 'SCMP_CMP_NE'
	| 'SCMP_CMP_LT'
	| 'SCMP_CMP_LE'
	| 'SCMP_CMP_EQ'
	| 'SCMP_CMP_GE'
	| 'SCMP_CMP_GT'
	| 'SCMP_CMP_MASKED_EQ';

export type SeccompFlag =
	| 'SECCOMP_FILTER_FLAG_TSYNC'
	| 'SECCOMP_FILTER_FLAG_LOG'
	| 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
	| 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV';

export interface SeccompArg {
	/** Of the system call's arguments, 0 to 5. */
	index: number;
	/** 0 to 2^64 - 1; beyond Number.MAX_SAFE_INTEGER a string of decimal digits. With SCMP_CMP_MASKED_EQ the mask. */
	value: number | string;
	/** With SCMP_CMP_MASKED_EQ what the masked argument must be, 0 when absent. */
	valueTwo?: number | string;
	op: SeccompOperator;
}

export interface SeccompSyscall {
	names: string[];
	action: SeccompAction;
	/** 0 to 4095, EPERM when absent; only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE. */
	errnoRet?: number;
	args?: SeccompArg[];
}

export interface SeccompProfile {
	defaultAction: SeccompAction;
	/** 0 to 4095, EPERM when absent; only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE. */
	defaultErrnoRet?: number;
	/** SCMP_ARCH_X86 and so on; the machine's own is always one of them. */
	architectures?: string[];
	/** SECCOMP_FILTER_FLAG_SPEC_ALLOW when absent. */
	flags?: SeccompFlag[];
	/** Refused, and so is SCMP_ACT_NOTIFY: nobody here listens. */
	listenerPath?: string;
	listenerMetadata?: string;
	syscalls?: SeccompSyscall[];
}
