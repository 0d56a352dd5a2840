/** procready: run a program under exact Linux limits, and say which limit it hit. */

export type { LimitEvent } from './cgroup/events.js';
export { Container, plan } from './container/container.js';
export { exec } from './container/exec.js';
export { Execution, type ExecutionResult } from './container/execution.js';
export { attach, LiveContainer, list, type WatchOptions } from './container/live.js';
export { Observation, type ObserveOptions, observe } from './container/observe.js';
export { type RunResult, run, type Written } from './container/run.js';
export type { Result as DoctorResult } from './doctor/check.js';
export type { Diagnosis } from './doctor/diagnose.js';
export { doctor } from './doctor/doctor.js';
export { type ErrorCode, errorCodes, ProcreadyError } from './errors.js';
export { type EachForkOptions, eachFork, type ForkRun } from './faults/each-fork.js';
export { type Budget, readBudget, writeBudget } from './harness/budget/budget.js';
export {
	type CompareOptions,
	type CompareProgress,
	type Comparison,
	compare,
	measureBudget,
	type NotPassed,
} from './harness/compare/compare.js';
export type { FigureComparison, Outcome } from './harness/compare/decide.js';
export type { ComparedFigure, Sample } from './harness/compare/figures.js';
export type { Difference } from './harness/compare/permutation.js';
export { orderedNames } from './harness/search/ordered.js';
export { type Found, type Progress, type SearchOptions, search } from './harness/search/search.js';
export { type FoundAll, type LimitSet, type SearchAllOptions, searchAll } from './harness/search/search-all.js';
export { settingsOf } from './harness/search/settings.js';
export type { Phase, Phases } from './harness/service/phases.js';
export type { ServiceProgram } from './harness/service/program.js';
export type { Ready } from './harness/service/ready.js';
export { ServiceFailure, type ServiceResult } from './harness/service/result.js';
export {
	type ClientCommand,
	type ClientOptions,
	Service,
	type ServiceOptions,
} from './harness/service/service.js';
export type { Stop, StopOptions } from './harness/service/stop.js';
export { type Point, type SweepOptions, sweep } from './harness/sweep/sweep.js';
export type { AppliedLimit } from './model/applied-limit.js';
export type { IoLimit, Limits, Size } from './model/limit-options.js';
export type { LinkLimits } from './model/link.js';
export type { ObservedCgroup, ObservedLimit } from './model/observed.js';
export type {
	NamespaceOption,
	NetworkInterface,
	NetworkOption,
	Options,
	ProcessOptions,
	Stdio,
} from './model/options.js';
export type { Plan } from './model/plan.js';
export type { Done, ScheduledStep } from './model/schedule.js';
export type {
	SeccompAction,
	SeccompArg,
	SeccompFlag,
	SeccompOperator,
	SeccompProfile,
	SeccompSyscall,
} from './model/seccomp-profile.js';
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
} from './model/spec.js';
export { readSpec } from './plan/bundle.js';
export { defaultCapabilities } from './plan/capabilities.js';
export type { ExecOptions } from './plan/join.js';
export { defaultMaskedPaths, defaultMounts, defaultReadonlyPaths } from './plan/root.js';
export type { Cause } from './report/cause.js';
export type { Result } from './report/result.js';
export type { Stats } from './report/stats.js';
export { reportText } from './report/text.js';
export type { Usage } from './report/usage.js';
export type { Verdict } from './report/verdict.js';
