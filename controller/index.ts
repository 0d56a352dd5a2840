/** procready: run a program under exact Linux limits, and say which limit it hit. */
export type { AppliedLimit } from './cgroup/cgroup.js';
export type { LimitEvent } from './cgroup/events.js';
export { Container, plan } from './container.js';
export type { Result as DoctorResult } from './doctor/check.js';
export type { Diagnosis } from './doctor/doctor.js';
export { doctor } from './doctor.js';
export { type ErrorCode, errorCodes, ProcreadyError } from './errors.js';
export { exec } from './exec.js';
export { Execution, type ExecutionResult } from './execution.js';
export { type EachForkOptions, eachFork, type ForkRun } from './faults/each-fork.js';
export type { Done } from './faults/follow.js';
export type { ScheduledStep } from './faults/schedule.js';
export {
	type Budget,
	budgetOf,
	type Comparison,
	compareBudgets,
	readBudget,
	writeBudget,
} from './harness/budget/budget.js';
export { orderedNames } from './harness/search/ordered.js';
export { type Found, type Progress, type SearchOptions, search } from './harness/search/search.js';
export { type FoundAll, type LimitSet, type SearchAllOptions, searchAll } from './harness/search/search-all.js';
export { settingsOf } from './harness/search/settings.js';
export { type Point, type SweepOptions, sweep } from './harness/sweep/sweep.js';
export { attach, LiveContainer, list, type WatchOptions } from './live.js';
export type { LinkLimits } from './network/link.js';
export type { Result } from './report/result.js';
export type { Stats } from './report/stats.js';
export { reportText } from './report/text.js';
export type { Usage } from './report/usage.js';
export type { Cause, Verdict } from './report/verdict.js';
export { type RunResult, run } from './run.js';
export type {
	SeccompAction,
	SeccompArg,
	SeccompFlag,
	SeccompOperator,
	SeccompProfile,
	SeccompSyscall,
} from './seccomp/profile.js';
export { readSpec } from './spec/bundle.js';
export { defaultCapabilities } from './spec/capabilities.js';
export type { ExecOptions } from './spec/join.js';
export type { IoLimit, Limits, Size } from './spec/limit-options.js';
export type {
	NamespaceOption,
	NetworkInterface,
	NetworkOption,
	Options,
	ProcessOptions,
	Stdio,
} from './spec/options.js';
export type { Plan } from './spec/plan.js';
export { defaultMaskedPaths, defaultMounts, defaultReadonlyPaths } from './spec/root.js';
export type {
	Capabilities,
	ConsoleSize,
	Device,
	IdMapping,
	IoPriority,
	Mount,
	Network,
	Route,
	Scheduler,
	Spec,
} from './spec/spec.js';
