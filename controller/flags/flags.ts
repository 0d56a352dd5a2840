/** The flags, by topic: what each takes, its line of help, and the option of the library that it stands for. */
import type { Flag } from '../model/flag.js';
import { parseSignal } from '../model/numbers.js';
import { parseTimeout } from '../model/units.js';
import { timeText } from './convert.js';

export { faultFlags } from './faults.js';
export { namespaceFlags } from './namespaces.js';
export { networkFlags } from './network.js';
export { processFlags } from './process.js';
export { rootFlags } from './root.js';

/** Of `run`: what it does when time is up. */
export const timeFlags = {
	timeout: {
		type: 'string',
		value: 'T',
		help: 'kill everything after T seconds, or 500ms, 10s, 5m, 1h',
		text: 'seconds, or `500ms`, `10s`, `5m`, `1h`; then everything is killed',
		default: 'none',
		option: 'timeout',
		parse: (time: string) => parseTimeout(time, '--timeout', 's'),
		print: (time: number | string) => [timeText(time)],
	},
} as const satisfies Record<string, Flag>;

export const containerFlags = {
	name: {
		type: 'string',
		value: 'NAME',
		help: 'for procready ps, stats, update, exec …',
		text: 'so that other processes can watch, steer and enter it; for `--ns KIND=container:NAME` too',
		default: 'none',
		option: 'name',
	},
	'cgroup-parent': {
		type: 'string',
		value: 'PATH',
		help: 'the cgroup in which that of the container is made',
		text: 'the cgroup in which that of the container is made: from the root of the hierarchy with a leading `/`; it must exist',
		default: "the caller's own place",
		option: 'cgroupParent',
	},
	'as-pid-1': {
		type: 'boolean',
		help: 'COMMAND is process 1: unhandled signals are dropped',
		text: 'the command is process 1: signals that it has no handler for are dropped, orphans are its own',
		default: 'process 1 is a small one of procready, outside the limits',
		option: 'asPid1',
	},
	init: {
		type: 'boolean',
		help: 'the default, for scripts written for other runtimes: process 1 is not COMMAND',
		option: 'init',
	},
	'parent-death-signal': {
		type: 'string',
		value: 'SIGNAL',
		help: 'sent when procready dies, a second before SIGKILL',
		default: 'SIGKILL at once',
		option: 'parentDeathSignal',
		parse: (signal: string, flag) => parseSignal(signal, flag),
	},
	spec: {
		type: 'string',
		value: 'FILE',
		help: 'an OCI config.json, in the place of COMMAND and of most of the above',
		text: 'an OCI config.json instead of a command and of most of the above',
	},
} as const satisfies Record<string, Flag>;

/** Of several runs. */
export const budgetFlags = {
	'save-budget': {
		type: 'string',
		value: 'FILE',
		help: 'run several times, and write what is used to FILE',
		text: 'run several times, and write what was used each time to FILE, with the command, the host and the kernel',
	},
	'check-budget': {
		type: 'string',
		value: 'FILE',
		help: 'run until enough is known, and fail where more is used than FILE says',
		text: 'run until enough is known to compare, and exit with 122 where more is used than FILE says',
	},
	repeat: {
		type: 'string',
		value: 'N',
		help: 'that many runs, to check at most; default: 20',
		text: 'that many runs, 8 to 200; of `--check-budget` at most',
		default: '20',
	},
	tolerance: {
		type: 'string',
		value: 'P%',
		help: 'how much more is not a failure; default: 5%, of times 10%',
		text: 'how much more is not a failure',
		default: '5%, of times 10%',
	},
} as const satisfies Record<string, Flag>;

/** Of `run`: for whoever decides by the exit status alone. */
export const statusFlags = {
	'fail-on': {
		type: 'string',
		multiple: true,
		value: 'LIMIT[,LIMIT]…',
		help: 'status 123 where it passed but hit one of them; any',
		text: 'exit with 123 where the command passed but one of these limits was hit: `pids.max,memory.max`, or `any`',
	},
	'exit-status': {
		type: 'string',
		multiple: true,
		value: 'LIMIT=N',
		help: 'status N where it failed and LIMIT was hit: timeout=75',
		text: 'exit with N where the command did not pass and LIMIT ended it, or was hit: `memory.max=75`, `timeout=76`, `any=77`. With `--fail-on` of the limit also where the command passed. N is 0 to 255, but not 125 to 127',
	},
} as const satisfies Record<string, Flag>;

/** What runs without any right. */
export const observeFlags = {
	observe: {
		type: 'boolean',
		help: 'limit and isolate nothing, which needs no rights: say which limits of others it hits',
		text: 'limit and isolate nothing, for which no rights are needed, and say which limits COMMAND hits that others have set: in a container of Docker or Kubernetes, in a CI job, as any user. Not with an option that limits or isolates',
		default: 'COMMAND gets a container of its own',
	},
} as const satisfies Record<string, Flag>;

export const reportFlags = {
	json: {
		type: 'string',
		value: 'FILE|-|fd:N',
		help: 'write the whole report as JSON; - is stdout',
		text: 'write the whole report; `-` is stdout, `fd:N` the file that the caller has opened as N',
	},
	watch: {
		type: 'boolean',
		help: 'show in the terminal what it uses, while it runs',
		text: 'show in the terminal what it uses, while it runs, and report at the end',
	},
	html: {
		type: 'string',
		value: 'FILE|-|fd:N',
		help: 'write a page with curves, the account and the verdict',
		text: 'write a page with the curves, the verdict and the whole account',
	},
	verbose: {
		type: 'boolean',
		help: 'report also when no limit was hit',
		text: 'report also when no limit was hit; with `--dry-run` show the values of variables',
	},
	'dry-run': {
		type: 'boolean',
		help: 'print what would be done as JSON, and do nothing',
		text: 'print the plan: the cgroup directories, every file and value in its order, the init config. Of variables it has the names; their values, often secrets, only with `--verbose`, and only then `init` is what the shim takes',
	},
	help: { type: 'boolean', short: 'h', help: 'this', text: 'all options, a line each' },
} as const satisfies Record<string, Flag>;
