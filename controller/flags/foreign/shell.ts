/** The options of ulimit of shells, prlimit(1), timeout(1) and nice(1), and those of hyperfine(1) and kubectl. */

import { signalName, signalNumbers } from '../../model/numbers.js';
import { processors } from '../../model/units.js';
import { because, type Foreign, foreign, isValue, type Line, write } from './foreign.js';

const isNumber = (value: string) => /^(\d+|unlimited|hard|soft)$/.test(value);

/** What ulimit counts in units of its own. */
const times = (value: string, unit: number) => (/^\d+$/.test(value) ? String(Number(value) * unit) : value);

const ulimit = (letter: string, name: string, unit = 1, what = ''): Foreign =>
	foreign('ulimit', `-${letter}`, {
		valued: true,
		instead: (value) => {
			if (!isNumber(value)) return undefined;
			const words = write('--rlimit', `${name}=${times(value, unit)}`);
			return what === '' ? words : { text: `ulimit -${letter} counts ${what}`, ...words };
		},
	});

/** Of 1024 bytes in bash, and of 512 in dash. */
const blocks = (letter: string, name: string): Foreign =>
	foreign('ulimit', `-${letter}`, {
		valued: true,
		instead: (value) =>
			isNumber(value) && value !== '0'
				? {
						text: `ulimit -${letter} counts blocks of 1024 bytes in bash, of 512 in dash, where it would be ${name}=${times(value, 512)}`,
						...write('--rlimit', `${name}=${times(value, 1024)}`),
					}
				: value === '0'
					? write('--rlimit', `${name}=0`)
					: undefined,
	});

export const ulimitWords: readonly Foreign[] = [
	foreign('ulimit, nice', '-n', {
		valued: true,
		instead: (value) => {
			if (!/^-?\d+$/.test(value)) return isNumber(value) ? write('--rlimit', `nofile=${value}`) : undefined;
			if (Number(value) < 0) return write(`--nice=${value}`);
			const text = `nice -n ${value} is --nice ${value}, and ulimit -n ${value} is`;
			return { ...(Number(value) <= 19 ? { text } : {}), ...write('--rlimit', `nofile=${value}`) };
		},
	}),
	ulimit('v', 'as', 1024, 'KiB'),
	ulimit('s', 'stack', 1024, 'KiB'),
	ulimit('l', 'memlock', 1024, 'KiB'),
	blocks('f', 'fsize'),
	blocks('c', 'core'),
	ulimit('q', 'msgqueue'),
	ulimit('x', 'locks'),
	foreign('ulimit', '-t', {
		instead: (_, { next = '' }: Line) =>
			/^\d+$/.test(next)
				? because(
						`it has no value, and "${next}" would be the command; ulimit -t ${next} is`,
						'--rlimit',
						`cpu=${next}`,
					)
				: undefined,
	}),
	foreign('ulimit', '-H -S', {
		instead: (value) =>
			isValue(value) && value.length > 1
				? undefined
				: because('soft and hard limit are said together', '--rlimit', 'NAME=SOFT:HARD'),
	}),
	...[
		'as',
		'core',
		'data',
		'fsize',
		'locks',
		'memlock',
		'msgqueue',
		'nofile',
		'nproc',
		'rss',
		'rtprio',
		'rttime',
		'sigpending',
		'stack',
	].map((name) =>
		foreign('prlimit', `--${name}`, {
			valued: true,
			instead: (value) =>
				write('--rlimit', `${name}=${value.replace(/^:/, 'SOFT:').replace(/:$/, ':HARD') || 'SOFT:HARD'}`),
		}),
	),
	foreign('prlimit', '--cpu', {
		valued: true,
		instead: (value, { flags }) => {
			const [first, seconds] = [value.split(':')[0] as string, `cpu=${value}`];
			if (!/^\d+(:\d+)?$/.test(value) || !('rlimit' in flags)) return write('--cpu-max', cpusOf(first));
			if (!('cpu-max' in flags)) return write('--rlimit', seconds);
			return because(`${value} could be processors or seconds: write --cpu-max ${first}, or --rlimit ${seconds}`);
		},
	}),
	foreign('timeout', '--kill-after -k', { valued: true, instead: (value, line) => ended(line, 'SIGTERM', value) }),
	foreign('timeout', '--signal -s', {
		valued: true,
		instead: (value, line) =>
			signalIn(value) === undefined ? undefined : ended(line, signalIn(value) as string, killAfter(line)),
	}),
	foreign('timeout', '--foreground --preserve-status', {
		instead: () => because('signals go to the command, and a time-out has the status 124: leave it out'),
	}),
	foreign('nice', '--adjustment', { valued: true, instead: (value) => write(`--nice=${value}`) }),
];

/** A name in capitals, with SIG or without, or a number. */
function signalIn(value: string): string | undefined {
	const name = /^\d+$/.test(value) ? signalName(Number(value)) : value.replace(/^(SIG)?/, 'SIG');
	return Object.hasOwn(signalNumbers, name) ? name : undefined;
}

const killAfter = ({ lines }: Line) => lines.find(({ word }) => word === '-k' || word === '--kill-after')?.value;

/** A signal when the time is out, and the end some time later. */
function ended({ lines }: Line, signal: string, more = '') {
	const time = lines.find(({ word }) => word === '--timeout')?.value ?? '';
	const isNumber = /^\d+$/.test(time);
	const end = isNumber && /^\d+$/.test(more) ? String(Number(time) + Number(more)) : 'LATER';
	return because(
		'a time-out kills at once; a signal before it is',
		'--at',
		`${isNumber ? time : 'T'}:${signal}`,
		'--timeout',
		end,
	);
}

export const hyperfineWords: readonly Foreign[] = [
	foreign('hyperfine', '-N', { same: () => [] }),
	foreign('hyperfine', '--shell -S', {
		valued: true,
		instead: (value) =>
			value === 'none'
				? because('no shell is what there is: leave it out')
				: because('a shell is a command like others', '--', value === 'default' ? 'sh' : value, '-c', 'COMMAND'),
	}),
	foreign('hyperfine', '--warmup', {
		valued: true,
		instead: (_, { flags }) =>
			'save-budget' in flags || 'max-runs' in flags
				? because('the first of several runs is not counted, of compare and of a budget: leave it out')
				: because('each run counts', '--repeat', 'N'),
	}),
	foreign('hyperfine', '-w', {
		valued: true,
		instead: (value) =>
			/^\d+$/.test(value)
				? because(
						`hyperfine's runs to warm up are not had here: leave it out; a directory of that name is`,
						'-w',
						`./${value}`,
					)
				: undefined,
	}),
	foreign('hyperfine', '--runs -r --min-runs -M', {
		valued: true,
		instead: (value, { flags }) => (/^\d+$/.test(value) ? repeated(value, flags) : undefined),
	}),
	foreign('hyperfine', '--max-runs', {
		valued: true,
		instead: (value, { flags }) => ('max-runs' in flags ? undefined : repeated(value, flags)),
	}),
	foreign('hyperfine', '--parameter-scan -P --parameter-list -L --parameter-step-size -D', {
		valued: true,
		instead: () => because('a limit over a range of values is procready sweep LIMIT=FROM..TO -- COMMAND'),
	}),
	foreign('hyperfine', '--prepare --setup --cleanup --conclude', {
		valued: true,
		instead: () => because('what comes before and after is said in a suite: `before` and `after` of procready test'),
	}),
	foreign('hyperfine', '--export-json', { valued: true, instead: (value) => write('--json', value) }),
	foreign('hyperfine', '--export-csv', {
		valued: true,
		instead: (value, { flags }) =>
			'csv' in flags
				? write('--csv', value)
				: because('a table is of procready sweep --csv FILE, a report is', '--json', value),
	}),
	foreign('hyperfine', '--export-markdown', {
		valued: true,
		instead: (value, { flags }) =>
			'markdown' in flags
				? write('--markdown', value)
				: because('Markdown is of procready compare; a report is', '--json', '-'),
	}),
	foreign('hyperfine', '--style --sort --time-unit --command-name --output', {
		valued: true,
		instead: () => because('procready has one form of a report, and JSON', '--json', '-'),
	}),
	foreign('hyperfine', '--ignore-failure --show-output', {
		instead: () => because('what the command prints and its exit status are passed on: leave it out'),
	}),
];

/** `run` runs once, unless a budget is asked for. */
function repeated(value: string, flags: Line['flags']) {
	if ('max-runs' in flags) return write('--max-runs', value);
	if (!('save-budget' in flags)) return write('--repeat', value);
	return because('a run is one; what each of several uses is kept by', '--save-budget', 'FILE', '--repeat', value);
}

/** `cpu=500m,memory=64Mi` */
function resources(given: string, names: Record<string, (value: string) => string[]>) {
	const words = given.split(',').flatMap((pair) => {
		const [name = '', value = ''] = pair.split('=');
		return names[name]?.(value) ?? [];
	});
	return words.length > 0 ? write(...words) : because('of resources procready limits cpu and memory: leave it out');
}

/** What is not a number of processors is not told to be written. */
const cpusOf = (value: string) => (Number.isNaN(processors(value)) ? 'N' : String(processors(value)));

export const kubernetesWords: readonly Foreign[] = [
	foreign('kubectl', '--limits', {
		valued: true,
		instead: (value) =>
			resources(value, {
				cpu: (cpu) => ['--cpu-max', cpusOf(cpu)],
				memory: (memory) => ['--memory-max', memory || 'SIZE'],
			}),
	}),
	foreign('kubectl', '--requests', {
		valued: true,
		instead: () =>
			because(
				'requests choose a machine, and this one is chosen: leave it out; limits are',
				'--cpu-max',
				'N',
				'--memory-max',
				'SIZE',
			),
	}),
	foreign('kubectl', '--command', { instead: () => because('the command stands behind --: leave it out') }),
	foreign('kubectl', '--stdin --attach --leave-stdin-open', {
		instead: () => because("stdin, stdout and stderr are the caller's: leave it out"),
	}),
	foreign(
		'kubectl',
		'--namespace --labels --overrides --replicas --serviceaccount --grace-period --pod-running-timeout --context',
		{ valued: true, instead: () => because('there is no cluster: leave it out') },
	),
];
