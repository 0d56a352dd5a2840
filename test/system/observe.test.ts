/**
 * `procready run --observe`: which limit it was that others have set, as anybody, with cgroups that may only be read, and
 * without any. Each situation has a container of procready around it, in the place of one of Docker's or of a pod; the
 * answer has to name the limit where the kernel tells it, and no limit, and nobody, that it does not.
 */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { Observation, observe, ProcreadyError, type Result } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { projectForEverybody } from '../support/everybody.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe } from '../support/paths.js';
import { isV2 } from '../support/places.js';

const project = projectForEverybody();
const directory = mkdtempSync(join(tmpdir(), 'procready-observe-'));
chmodSync(directory, 0o777);
t.teardown(() => rmSync(directory, { recursive: true }));

const MiB = 2 ** 20;
/** More than the limit of memory of the container around it, and more than procready has itself. */
const eat = `$PROBE touch ${300 * MiB}`;
const memory = ['--memory-max', '200M'];
/** procready itself has some ten tasks. */
const tasks = ['--pids-max', '30'];
const forks = '$PROBE forks >/dev/null';
const half = ['--cpu-max', '0.5'];
const spin = '$PROBE spin 400';

/** Seconds of processor time of which procready itself, that has the limit too, needs at most the half. */
const enough = 1 + Math.ceil(2 * (await secondsOf(`${process.execPath} ${cli} run --observe -- true`)));

async function secondsOf(command: string): Promise<number> {
	const { stdout } = await execa('bash', ['-c', `TIMEFORMAT='%U %S'; { time ${command} 2>/dev/null; } 2>&1`]);
	return stdout.split(' ').reduce((sum, one) => sum + Number(one), 0);
}

/** Before the command that is observed, in the container around it. */
const root = {
	memory: isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory',
	pids: isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids',
};
const asNobody = 'setpriv --reuid=12345 --regid=12345 --clear-groups';
const readOnly = 'for m in $(findmnt -rno TARGET -t cgroup,cgroup2); do mount -o remount,bind,ro $m; done;';
const none = 'umount -R -l /sys/fs/cgroup; mount -t tmpfs none /sys/fs/cgroup;';
/** A cgroup below that of the container, in which all of it goes on: the limit is above then. */
const further = isV2
	? 'd=/sys/fs/cgroup/further; mkdir $d; echo $$ >$d/cgroup.procs; echo +memory +pids >/sys/fs/cgroup/cgroup.subtree_control;'
	: 'for d in memory pids; do mkdir /sys/fs/cgroup/$d/further; echo $$ >/sys/fs/cgroup/$d/further/cgroup.procs; done;';
const sleeper = 'sleep 60 & other=$!;';
/** A container of procready's without limits: those around it cannot be seen from inside. */
const hidden = '$CLI run --';

interface Situation {
	/** The limits of the container around it. */
	around?: string[];
	/** What is done there before. */
	before?: string;
	/** In front of procready. */
	as?: string;
	options?: string;
	command: string;
	status?: number;
	/** `limit level path`, with a `!` where it was fatal and a `?` where that is not known. */
	causes: string[];
	/** In the sentences of the causes, or else that of the verdict. */
	says?: RegExp[];
	never?: RegExp[];
	notes?: RegExp;
}

const another = /or another process of the cgroup/;

const situations: Record<string, Situation> = {
	'a child is killed for the memory of the container': {
		around: memory,
		command: `${eat}; true`,
		causes: [`memory.max self ${root.memory}`],
		says: [
			/^The memory limit of 200 MiB of \/sys\/fs\/cgroup\S* was (exceeded|reached), and the kernel killed 1 process that the command had started/,
		],
		never: [another],
	},
	'the command itself is killed for it': {
		around: memory,
		command: `exec ${eat}`,
		status: 137,
		causes: [`memory.max self ${root.memory}?`],
		says: [/the kernel killed 1 process: the command, or one that it started\.$/],
		never: [another],
	},
	'a child is killed, and another process is in the container': {
		around: memory,
		before: sleeper,
		command: `${eat}; true`,
		causes: [`memory.max self ${root.memory}`],
		says: [/one that the command had started, or another process of the cgroup/],
	},
	'the other process is killed, and not the command': {
		around: memory,
		before: `(sleep 1; exec ${eat}) & other=$!;`,
		command: 'sleep 2.5',
		causes: [`memory.max self ${root.memory}`],
		says: [another],
	},
	'the limit was hit before the command began': {
		around: memory,
		before: `${eat};`,
		command: 'true',
		causes: [],
	},
	'no limit is hit': {
		around: [...memory, ...tasks, ...half],
		command: 'exit 3',
		status: 3,
		causes: [],
	},
	'somebody kills the command': {
		around: memory,
		command: 'kill -9 $$',
		status: 137,
		causes: [],
		says: [
			/^SIGKILL ended it\. The kernel has killed nobody in its cgroup for lack of memory, so somebody has sent it\.$/,
		],
	},
	'the command exits with 137': {
		around: memory,
		command: 'exit 137',
		status: 137,
		causes: [],
	},
	'a fork is refused for the tasks of the container': {
		around: tasks,
		command: forks,
		causes: [`pids.max self ${root.pids}`],
		says: [/^The limit of 30 tasks of \S+ was hit: \d+ forks? of the command refused\.$/],
		never: [another],
	},
	'the tasks are used up until procready has ended': {
		around: tasks,
		command: 'for i in $(seq 40); do sleep 1 >/dev/null 2>&1 & done; wait',
		status: 2,
		causes: [`pids.max self ${root.pids}`],
		says: [/^The limit of 30 tasks of \S+ was hit: \d+ forks? of the command refused\.$/],
	},
	'a fork is refused, and another process is in the container': {
		around: tasks,
		before: sleeper,
		command: `${forks}; true`,
		causes: [`pids.max self ${root.pids}`],
		says: [another],
	},
	'the processors of the container are used up': {
		around: half,
		command: spin,
		causes: [`cpu.max self ${isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu'}`],
		says: [
			/^The limit of 0\.5 processors of \S+ was hit by the command: all in it was throttled in \d+ of \d+ periods, for/,
		],
		never: [another],
	},
	'by another process of the container': {
		around: half,
		before: '$PROBE spin 20000 & other=$!;',
		command: 'sleep 0.5',
		causes: [`cpu.max self ${isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu'}`],
		says: [another],
	},
	'only procready has used processor time': {
		around: ['--cpu-max', '0.2'],
		command: 'true',
		causes: [],
	},
	'the limit of memory is one above, and can be seen': {
		around: memory,
		before: further,
		command: `${eat}; true`,
		causes: [`memory.max ancestor ${root.memory}`],
		says: [/^The memory limit of 200 MiB of /],
	},
	'the limit of tasks is one above, and can be seen': {
		around: tasks,
		before: further,
		command: `${forks}; true`,
		causes: [`pids.max ancestor ${root.pids}`],
		says: [/^The limit of 30 tasks of /],
	},
	'the limit of memory is one above that cannot be seen': {
		around: memory,
		as: hidden,
		command: `${eat}; true`,
		causes: ['memory ancestor'],
		says: [
			/for lack of memory: which limit that was for is not known: that of a cgroup above, which cannot be seen from here, or/,
		],
		never: [/was exceeded|was reached/],
	},
	...(isV2
		? {}
		: {
				'the limit of tasks is one above that cannot be seen': {
					around: tasks,
					as: hidden,
					command: `${forks}; true`,
					causes: ['pids.max ancestor'],
					says: [/^A limit of tasks of a cgroup above, which cannot be seen from here, was hit/],
				},
			}),
	'anybody, with cgroups that may only be read: memory': {
		around: memory,
		before: readOnly,
		as: asNobody,
		command: `${eat}; id -u`,
		causes: [`memory.max self ${root.memory}`],
		says: [/that the command had started/],
	},
	'anybody, with cgroups that may only be read: tasks': {
		around: tasks,
		before: readOnly,
		as: asNobody,
		command: `${forks}; true`,
		causes: [`pids.max self ${root.pids}`],
	},
	'anybody, with cgroups that may only be read: processors': {
		around: half,
		before: readOnly,
		as: asNobody,
		command: spin,
		causes: [`cpu.max self ${isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu'}`],
	},
	'without cgroups a child is killed': {
		around: memory,
		before: none,
		as: asNobody,
		command: `${eat}; true`,
		causes: [],
		notes: /no cgroup of this process with memory, pids, cpu can be seen here/,
	},
	'without cgroups the command is killed': {
		around: memory,
		before: none,
		command: `exec ${eat}`,
		status: 137,
		causes: [],
		says: [
			/^SIGKILL ended it: somebody has sent it, or the kernel for lack of memory; no counter that can be read here says which\.$/,
		],
	},
	'a limit of processor time that it was started with': {
		before: `ulimit -t ${enough};`,
		command: 'while :; do :; done',
		status: 137,
		causes: ['RLIMIT_CPU self!'],
		says: [/a limit that the command was started with\.$/],
	},
	'a limit of processor time that it has set itself': {
		command: 'ulimit -t 1; while :; do :; done',
		status: 137,
		causes: ['RLIMIT_CPU self!'],
		says: [/a limit that the command has set itself\.$/],
	},
	'a limit of the size of files that it was started with': {
		before: 'ulimit -f 64;',
		command: `exec dd if=/dev/zero of=${directory}/large bs=1K count=256 2>/dev/null`,
		status: 153,
		causes: ['RLIMIT_FSIZE self!'],
		says: [/a limit that the command was started with\.$/],
	},
	'a fork is refused for RLIMIT_NPROC, which nobody counts': {
		around: tasks,
		as: `prlimit --nproc=40 ${asNobody.replaceAll('12345', '12346')}`,
		command: 'ulimit -u 1; true | true; exit 7',
		causes: [],
	},
	'a container beside it is killed for its own limit': {
		before: `(sleep 0.5; $CLI run --memory-max 20M -- $PROBE touch ${64 * MiB}) 2>/dev/null & other=$!;`,
		command: 'sleep 2',
		causes: [],
	},
	'the time is up': {
		options: '--timeout 500ms',
		command: 'sleep 61 & wait',
		status: 124,
		causes: ['timeout self!'],
		says: [/and the command was killed, with what it had started/],
	},
};

const causesOf = ({ verdict }: Result) =>
	verdict.causes.map(({ limit, level, path = '', fatal }) =>
		`${limit} ${level} ${path}`.trim().concat(fatal ? '!' : fatal === null ? '?' : ''),
	);

let count = 0;

/** Runs the command, observed, in a container of procready's with the limits; without any in what the test is in. */
async function inside({ around, before = '', as = '', options = '', command }: Situation) {
	const file = join(directory, `${++count}.json`);
	const observed = `${as} $CLI run --observe --json ${file} ${options} -- sh -c "$COMMAND"`;
	// without another process not even the shell stays: it would be one
	const script = before.includes('other=')
		? `${before} ${observed}; status=$?; kill $other 2>/dev/null; exit $status`
		: `${before} exec ${observed}`;
	const env = {
		CLI: `${process.execPath} ${project.at(cli)}`,
		PROBE: project.at(probe),
		COMMAND: command,
	};
	const enter = ['unshare', '--mount', 'sh', '-c', `${project.enter}; ${script}`];
	const started = [process.execPath, cli, 'run', ...(around ?? []), '--json', '/dev/null', '--', ...enter];
	const [program, ...args] = around ? started : enter;
	const { exitCode, stderr } = await execa(program as string, args, {
		reject: false,
		env,
	});
	const result: Result | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
	return { status: exitCode, stderr, result };
}

for (const [name, situation] of Object.entries(situations))
	t.test(name, async (t) => {
		const { status, stderr, result } = await inside(situation);
		if (!result) throw new Error(`no report: ${stderr}`);
		t.strictSame(causesOf(result), situation.causes, 'the causes');
		const sentences = result.verdict.causes.map(({ sentence }) => sentence);
		const said = sentences.length > 0 ? sentences.join('\n') : result.verdict.sentence;
		for (const words of situation.says ?? []) t.match(said, words);
		for (const words of situation.never ?? []) t.notMatch(said, words);
		if (situation.status !== undefined) t.equal(status, situation.status);
		t.match(result, { limits: [], changes: [], observed: { cgroups: Array } });
		t.equal(result.usage.memory.peak, null, 'what is not its own is not said to be');
		t.type(result.usage.rusage.maxrss, 'number');
		if (situation.notes) t.match(result.notes?.join(), situation.notes);
	});

t.test('with an option that limits or isolates it is an error that names the option', async (t) => {
	const flags: [string, ...string[]][] = [
		['--memory-max', '1M'],
		['--output-max', '1M'],
		['--cpu-time', '1s'],
		['--rlimit', 'cpu=1'],
		['--rootfs', '/'],
		['--user', '1'],
		['--ns', 'pid=host'],
		['--name', 'x'],
		['--refuse-fork', '1'],
		['--dry-run'],
		['--watch'],
	];
	for (const flag of flags) {
		const { status, stdout, stderr } = await procready(['run', '--observe', ...flag, '--', 'echo', 'ran']);
		t.equal(status, 125);
		t.equal(stdout, '', 'nothing is run');
		t.match(
			stderr,
			new RegExp(`^procready: ${flag[0]}: cannot be used with --observe, which .*: leave out one of the two`),
		);
	}
	await t.rejects(observe(['true'], { limits: { pids: 1 } } as object), {
		code: 'option-invalid',
		where: '/limits',
		message: /^limits: cannot be had of a command that is only observed/,
	});
});

t.test('where a run without limits has no rights, its error names --observe; not with a limit', async (t) => {
	const run = async (options: string) => {
		const script = `${project.enter}; ${asNobody} $CLI run ${options} -- true`;
		const env = { CLI: `${process.execPath} ${project.at(cli)}` };
		return execa('unshare', ['--mount', 'sh', '-c', script], {
			reject: false,
			env,
		});
	};
	t.match(await run('--timeout 1s'), {
		exitCode: 125,
		stderr: /: procready run --observe -- COMMAND isolates nothing/,
	});
	const { exitCode, stderr } = await run('--pids-max 7');
	t.equal(exitCode, 125);
	t.notMatch(stderr, /--observe/);
});

t.test('the command is as it would be without procready', async (t) => {
	const piped = await procready(['run', '--observe', '--', 'sh', '-c', 'read line; echo "<$line>"; exit 9'], {
		input: 'in\n',
	});
	t.match(
		piped,
		{ status: 9, stdout: '<in>\n', stderr: '' },
		'stdin, stdout, the exit status, and no report of nothing',
	);
	const said = await procready([
		'run',
		'--observe',
		'--cwd',
		'/',
		'--env',
		'A=b',
		'--verbose',
		'--',
		'sh',
		'-c',
		'pwd; echo $A',
	]);
	t.match(said, {
		status: 0,
		stdout: '/\nb\n',
		stderr: /\n {4}observed nothing was limited or isolated/,
	});
	t.match(await procready(['run', '--observe', '--', '/no/such']), {
		status: 127,
	});
	t.match(await procready(['run', '--observe']), {
		status: 125,
		stderr: /a command is missing/,
	});
	const namespaces = 'readlink /proc/self/ns/pid /proc/self/ns/mnt /proc/self/ns/net; cat /proc/self/cgroup';
	const { stdout } = await execa('sh', ['-c', namespaces]);
	t.equal(
		(await observe(['sh', '-c', namespaces])).stdout.trim(),
		stdout,
		'its namespaces and cgroups are those of the caller',
	);
});

t.test('signals are forwarded, and what it leaves behind goes on', async (t) => {
	await using observation = await Observation.launch([
		'sh',
		'-c',
		'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done',
	]);
	await new Promise((resolve) => observation.stdout?.once('data', resolve));
	t.ok(observation.kill('SIGTERM'));
	t.match(await observation.wait(), { exitCode: 5 });
	t.notOk(observation.kill());

	const child = execa(
		process.execPath,
		[cli, 'run', '--observe', '--', 'sh', '-c', 'trap "exit 6" TERM; echo ready; while :; do sleep 0.1; done'],
		{
			reject: false,
		},
	);
	await new Promise((resolve) => child.stdout.once('data', resolve));
	child.kill('SIGTERM');
	t.equal((await child).exitCode, 6);

	const { stdout } = await observe(['sh', '-c', 'sleep 30 >/dev/null 2>&1 & echo $!']);
	const left = Number(stdout);
	t.ok(process.kill(left, 0), 'as it would without procready');
	process.kill(left, 'SIGKILL');
});

t.test('a time-out and an AbortSignal end what the command has started too', async (t) => {
	const started = async (options: object, check: (run: Promise<unknown>) => Promise<unknown>) => {
		const file = join(directory, `pid-${++count}`);
		await check(
			observe(['sh', '-c', `sleep 62 & echo $! >${file}; wait`], {
				stdout: 'ignore',
				stderr: 'ignore',
				...options,
			}),
		);
		for (let tries = 0; tries < 100 && existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`); tries++)
			await sleep(20);
		t.notOk(existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`));
	};
	await started({ timeout: '1s' }, async (run) =>
		t.match(await run, { timedOut: true, verdict: { outcome: 'timed-out' } }),
	);
	await started({ signal: AbortSignal.timeout(1000) }, (run) => t.rejects(run, { code: 'aborted' }));
	await t.rejects(observe([]), ProcreadyError);
});

t.test('nothing is left behind', async (t) => t.strictSame(await leftoversAfter('sleep 6'), []));
