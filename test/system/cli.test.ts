/** The command line as its help describes it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { commands } from '../../controller/cli/commands.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe, python, top } from '../support/paths.js';

t.test('exit statuses', async (t) => {
	for (const [args, status] of [
		[['true'], 0],
		[['false'], 1],
		[['--', 'sh', '-c', 'exit 77'], 77],
		[['--', probe, 'fault'], 128 + 11],
		[['--memory-max', '8M', '--', probe, 'touch', '16777216'], 128 + 9],
		[['--timeout', '0.1', 'sleep', '86426'], 124],
		[['--memory-max', '4K', 'true'], 125],
		[['--pids-max', 'x', 'true'], 125],
		[['--no-such-flag', 'true'], 125],
		[['--set', 'nonsense', 'true'], 125],
		[['--env', '=x', 'true'], 125],
		[['--timeout', 'soon', 'true'], 125],
		[['--pids-max'], 125],
		[[], 125],
		[['/etc/passwd'], 126],
		[['no-such-command'], 127],
	] as const)
		t.equal((await procready(['run', ...args])).status, status, args.join(' '));
	t.equal((await procready(['dance'])).status, 125);
	t.equal((await procready([])).status, 125);
});

t.test('messages name the flag', async (t) => {
	for (const [args, message] of [
		[['--memory-max', '0', 'true'], /^procready: --memory-max: "0" is not a size/],
		[['--pids-max=-1', 'true'], /^procready: --pids-max: "-1" is not a number of tasks/],
		[['--cpu-max', '0', 'true'], /^procready: --cpu-max: "0" is not a number of processors/],
		[['--timeout', 'soon', 'true'], /^procready: --timeout: "soon" is not a positive time/],
		[['--set', 'x', 'true'], /^procready: --set: "x" is not of the form NAME=VALUE/],
		[
			['--pids-max', '1', '--set', 'pids.max=2', 'true'],
			/^procready: --set pids.max: is given twice, also as --pids-max/,
		],
		[['--colour', 'true'], /^procready: --colour: is not an option of procready run; see procready run --help/],
		[[], /^procready: a command is missing: it comes after --/],
	] as const)
		t.match((await procready(['run', ...args])).stderr, message, args.join(' '));
});

t.test("stdin, stdout and stderr are the caller's", async (t) => {
	const { status, stdout, stderr } = await procready(['run', '--', 'sh', '-c', 'cat; echo error >&2'], {
		input: 'input',
	});
	t.strictSame({ status, stdout, stderr }, { status: 0, stdout: 'input', stderr: 'error\n' });
});

t.test('the command is passed on as it is', async (t) => {
	const { stdout } = await procready(['run', '--', 'printf', '%s|', '--verbose', '--', '', 'a b', 'ü']);
	t.equal(stdout, '--verbose|--||a b|ü|');
	t.equal((await procready(['run', 'printf', '%s', '--json'])).stdout, '--json', 'also without --');
});

t.test('environment and directory', async (t) => {
	const { stdout } = await procready([
		'run',
		'--env',
		'A=1=2',
		'--env',
		'B=',
		'--cwd',
		'/usr/lib',
		'sh',
		'-c',
		'echo "$A,$B"; pwd',
	]);
	t.equal(stdout, '1=2,\n/usr/lib\n');
});

t.test('the report is on stderr when a limit was hit, or when it is asked for', async (t) => {
	t.equal((await procready(['run', '--pids-max', '1', 'true'])).stderr, '');
	t.equal((await procready(['run', 'false'])).stderr, '', 'a failing program that hit no limit speaks for itself');
	t.match(
		(await procready(['run', '--verbose', 'true'])).stderr,
		/^procready: true exited with status 0 after [\d.]+ (µs|ms|s)\n/,
	);
	const { stdout, stderr } = await procready(['run', '--pids-max', '3', '--', probe, 'forks']);
	t.equal(stdout, '2\n');
	t.match(stderr, /\n {2}pids.max: The limit of 3 tasks was hit: 1 fork refused.\n/);
	t.match(stderr, /\n {4}tasks {3}.*1 refused\n/);
});

t.test('a program that prints under pids.max=1', async (t) => {
	const { status, stdout, stderr } = await procready(['run', '--pids-max', '1', '--', python, '-c', 'print("hello")']);
	t.strictSame({ status, stdout, stderr }, { status: 0, stdout: 'hello\n', stderr: '' });
});

t.test('--json', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const file = join(directory, 'report.json');
	await procready([
		'run',
		'--json',
		file,
		'--pids-max',
		'2',
		'--memory-max',
		'64M',
		'--cpu-max',
		'2',
		'--',
		probe,
		'forks',
	]);
	t.match(JSON.parse(readFileSync(file, 'utf8')), {
		args: [probe, 'forks'],
		exitCode: 0,
		signal: null,
		limits: [
			{ limit: /memory/ },
			{ limit: /memory/ },
			{ limit: 'pids.max', value: '2' },
			{ limit: 'cpu.max', value: '200000 100000' },
		],
		usage: { tasks: { refused: 1 }, memory: { oomKills: 0 }, cpu: { total: Number }, rusage: { minflt: Number } },
		verdict: { outcome: 'passed', causes: [{ limit: 'pids.max', value: '2', hits: 1 }] },
	});
	const { stdout } = await procready(['run', '--json', '-', 'true']);
	t.match(JSON.parse(stdout), { exitCode: 0, verdict: { outcome: 'passed', causes: [] } });
	const failed = await procready(['run', '--json', '-', 'no-such-command']);
	t.match(JSON.parse(failed.stdout), { error: { code: 'command-not-found', step: 'exec', errno: 'ENOENT' } });
	t.match(
		(await procready(['run', '--json', '/no/such/dir/x', 'true'])).stderr,
		/--json \/no\/such\/dir\/x: cannot be written: ENOENT/,
	);
});

t.test('--dry-run prints the plan and does nothing', async (t) => {
	const { status, stdout } = await procready([
		'run',
		'--dry-run',
		'--pids-max',
		'4',
		'--',
		'touch',
		'/procready-dry-run',
	]);
	t.equal(status, 0);
	t.match(JSON.parse(stdout), {
		late: [{ limit: 'pids.max', asked: '4', files: [{ file: 'pids.max', value: '4' }] }],
		init: { initType: 'standard', args: ['touch', '/procready-dry-run'] },
	});
	t.notOk(existsSync('/procready-dry-run'));
});

t.test('--dry-run leaves out the values of variables, unless --verbose', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const secret = 'hunter2\nof=two lines';
	const spec = JSON.parse(readFileSync(join(top, 'test/fixtures/oci/runc-spec.json'), 'utf8'));
	const file = join(directory, 'config.json');
	writeFileSync(
		file,
		JSON.stringify({ ...spec, root: { path: '/' }, process: { ...spec.process, env: [`TOKEN=${secret}`] } }),
	);
	for (const [name, args, env] of [
		['of the caller', ['true'], { TOKEN: secret }],
		['of a flag', ['--env', `TOKEN=${secret}`, 'true'], {}],
		['of a flag that names it', ['--clear-env', '--env', 'TOKEN', 'true'], { TOKEN: secret }],
		['of a specification', ['--spec', file], {}],
	] as const) {
		const { status, stdout } = await procready(['run', '--dry-run', ...args], { env });
		t.equal(status, 0, name);
		t.notMatch(stdout, /hunter2|two lines/, name);
		const shown: string[] = JSON.parse(stdout).init.env;
		t.ok(shown.includes('TOKEN=(left out: --verbose shows it)'), name);
		const whole: string[] = JSON.parse((await procready(['run', '--dry-run', '--verbose', ...args], { env })).stdout)
			.init.env;
		t.ok(whole.includes(`TOKEN=${secret}`), name);
		t.strictSame(
			shown.map((variable) => variable.split('=')[0]),
			whole.map((variable) => variable.split('=')[0]),
			'all names, in their order',
		);
	}
});

t.test('--help and --version', async (t) => {
	t.match(await procready(['--help']), { status: 0, stdout: /usage: procready run/ });
	t.match(await procready(['run', '--help']), { status: 0, stdout: /--pids-max N/ });
	t.match(await procready(['--version']), { status: 0, stdout: /^procready \d+\.\d+\.\d+\n$/ });
});

/** Starts the command line and waits for the first output of its program. */
async function started(args: string[]) {
	const child = spawn(process.execPath, [cli, 'run', '--', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
	await once(child.stdout, 'data');
	return child;
}

t.test('SIGINT and SIGTERM are forwarded', async (t) => {
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		const child = await started([probe, 'handle']);
		child.kill(signal);
		t.strictSame(await once(child, 'exit'), [42, null], signal);
	}
});

t.test('a signal that the program has no handler for ends it', async (t) => {
	const child = await started(['sh', '-c', 'echo ready; exec sleep 86427.1']);
	child.kill('SIGTERM'); // not SIGINT, which sh catches
	t.strictSame(await once(child, 'exit'), [143, null]);
	t.strictSame(await leftoversAfter('86427.1'), []);
});

t.test('a third signal kills', async (t) => {
	const child = await started(['sh', '-c', 'trap "" TERM; echo ready; sleep 86427.2; sleep 86427.2']);
	for (let time = 0; time < 2; time++) {
		child.kill('SIGTERM');
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	t.equal(child.exitCode, null, 'the first two are ignored, as the program asked');
	child.kill('SIGTERM');
	t.strictSame(await once(child, 'exit'), [137, null]);
	t.strictSame(await leftoversAfter('86427.2'), []);
});

t.test('help SUBCOMMAND says what SUBCOMMAND --help says', async (t) => {
	for (const name of Object.keys(commands)) {
		const help = await procready(['help', name]);
		t.match(help, { status: 0, stdout: new RegExp(`^usage: procready ${name}\\b`), stderr: '' });
		t.strictSame(help, await procready([name, '--help']), name);
	}
	t.match(await procready(['help', 'nope']), {
		status: 125,
		stdout: '',
		stderr: /^procready: "nope" is not a subcommand; there are run, /,
	});
	t.strictSame(await procready(['help']), await procready(['--help']));
});

t.test('--fail-on and --exit-status', async (t) => {
	const refused = ['--pids-max', '1', '--', 'sh', '-c', '(true) & wait; exit 0'];
	const passing = ['--pids-max', '2', '--', probe, 'forks'];
	const hungry = ['--memory-max', '16M', '--', python, '-c', 'x = bytearray(64 << 20)'];
	const hanging = ['--timeout', '100ms', '--', 'sleep', '10'];
	for (const [args, status, reason] of [
		[['--fail-on', 'pids.max', ...passing], 123, 'exit status 123: pids.max was hit (--fail-on)'],
		[['--fail-on', 'memory.max', ...passing], 0, undefined],
		[['--fail-on=any', '--exit-status=pids.max=7', ...passing], 7, 'exit status 7: pids.max was hit (--exit-status)'],
		[['--exit-status=pids.max=76', ...refused], 76, 'exit status 76: pids.max was hit (--exit-status)'],
		[['--exit-status=memory.max=75', ...hungry], 75, 'exit status 75: memory.max ended it (--exit-status)'],
		[['--exit-status=timeout=77', ...hanging], 77, 'exit status 77: timeout ended it (--exit-status)'],
		[['--exit-status=timeout=77', ...hungry], 137, undefined],
	] as const) {
		const run = await procready(['run', ...args]);
		t.equal(run.status, status, args.join(' '));
		if (reason) t.ok(run.stderr.endsWith(`\nprocready: ${reason}\n`), reason);
		else t.notMatch(run.stderr, /exit status \d/);
	}
	for (const [args, message] of [
		[['run', '--fail-on', 'pidz', 'true'], '--fail-on: "pidz" is not a limit that a verdict names'],
		[['run', '--fail-on', 'any', '--each-fork', 'true'], '--each-fork: cannot be used with --fail-on'],
		[['exec', 'x', '--fail-on', 'any', 'true'], '--fail-on: there is no verdict on what exec runs'],
		[['exec', 'x', '--exit-status=any=3', 'true'], '--exit-status: there is no verdict on what exec runs'],
	] as const)
		t.match(await procready([...args]), { status: 125, stderr: new RegExp(`^procready: ${message}`) });
});

t.test('what a first word that is not a program has meant', async (t) => {
	for (const [argv, meant] of [
		[['hello-world'], 'procready has no images: a root file system in a directory is --rootfs DIR'],
		[['procready-none a'], "a line for a shell is -- sh -c 'procready-none a'"],
		[['1.5s', 'true'], 'an end of time is --timeout 1.5s -- true'],
		[['A=1', 'true'], 'a variable is --env A=1 -- true'],
	] as const)
		t.match(await procready(['run', ...argv]), {
			status: 127,
			stderr: new RegExp(`^procready: exec ${argv[0]}: not found .*; ${meant}`),
		});
});

t.test('an image is not a program, and that is said of what is called as one', async (t) => {
	for (const observe of [[], ['--observe']])
		t.match(await procready(['run', ...observe, 'alpine:3', 'sh']), {
			status: 127,
			stderr: /alpine:3: .*; procready has no images: a root file system in a directory is --rootfs DIR/,
		});
	t.notMatch((await procready(['run', 'procready-none'])).stderr, /image/);
});
