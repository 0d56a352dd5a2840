import { once } from 'node:events';
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import t from 'tap';
import { version } from '../../controller/host/release.js';
import { cli, python, top } from '../support/paths.js';

t.test('the command line starts without the code that V8 compiled, and with that of another release', async (t) => {
	const directory = t.testdir({});
	for (const file of ['start.cjs', 'bundle.cjs'])
		copyFileSync(join(top, 'dist/controller/cli', file), join(directory, file));
	for (const compiled of [undefined, '', 'what Node 98 made']) {
		if (compiled !== undefined) writeFileSync(join(directory, `bundle.cjs.${process.arch}.compiled`), compiled);
		const { stdout, stderr } = await execa(process.execPath, [join(directory, 'start.cjs'), '--version']);
		t.equal(stdout, `procready ${version}`);
		t.equal(stderr, '');
	}
});

t.test('words that Node has options for are not for Node', async (t) => {
	const { exitCode, stdout } = await execa(cli, ['run', 'echo', '--env-file=/nonexistent'], { reject: false });
	t.equal(exitCode, 0);
	t.equal(stdout, '--env-file=/nonexistent');
	const wrong = await execa(cli, ['run', '--env-file', '/nonexistent', '--', 'true'], { reject: false });
	t.equal(wrong.exitCode, 125);
	t.match(wrong.stderr, /^procready: /);
});

t.test('its parts are found from anywhere', async (t) => {
	const { stdout } = await execa(cli, ['run', '--dry-run', '--', 'true'], { cwd: '/' });
	t.match(JSON.parse(stdout), { init: { version, args: ['true'] } });
});

t.test('it is started by a path with blanks, by links to links, and where there is no Node it says so', async (t) => {
	const directory = t.testdir({ 'a b': {} });
	symlinkSync(cli, join(directory, 'link'));
	symlinkSync('../link', join(directory, 'a b', 'procready'));
	t.equal((await execa(join(directory, 'a b', 'procready'), ['--version'])).stdout, `procready ${version}`);
	t.equal(
		(await execa('procready', ['--version'], { cwd: join(directory, 'a b'), env: { PATH: `.:${process.env.PATH}` } }))
			.exitCode,
		0,
	);
	const { exitCode, stderr } = await execa(cli, ['--version'], {
		env: { PATH: '/nowhere' },
		extendEnv: false,
		reject: false,
	});
	t.strictSame([exitCode, stderr], [125, 'procready: node is not in PATH: install Node 20 or newer']);
});

t.test("the environment is the caller's, also where sh would hand it on in part or change it", async (t) => {
	const env = {
		PATH: process.env.PATH as string,
		'a-b.c': '1',
		'BASH_FUNC_f%%': '() { echo f\n}',
		PWD: '/nowhere',
		...{ OLDPWD: '', OPTIND: '7', IFS: 'x', PS1: '', PS4: '', PPID: 'p', LINENO: '3' },
		PROCREADY_IGNORED: 'of the caller',
		ü: 'ß\n',
	};
	const { stdout } = await execa(cli, ['run', '--', '/usr/bin/env', '-0'], { env, extendEnv: false });
	const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
	t.strictSame(stdout.split('\0').slice(0, -1).sort(), pairs.sort());
	const none = await execa(cli, ['run', '--', '/usr/bin/env'], { env: {}, extendEnv: false });
	t.equal(none.stdout, '');
	const large = { ...env, LARGE: 'x'.repeat(120_000) };
	const { stdout: value } = await execa(cli, ['run', '--', 'printenv', 'LARGE'], { env: large, extendEnv: false });
	t.equal(value, large.LARGE);
});

/** Ignores the signals and becomes another program. */
const ignoring = (signals: number[], args: string[]) => {
	const code = `
import os, signal, sys
for number in range(1, 32):
    if number not in (signal.SIGKILL, signal.SIGSTOP): signal.signal(number, signal.SIG_DFL)
for number in map(int, sys.argv[1].split(",")): signal.signal(number, signal.SIG_IGN)
os.execv(sys.argv[2], sys.argv[2:])`;
	return ['-c', code, signals.join(), ...args];
};

t.test('what the caller ignores the program ignores, and nothing else', async (t) => {
	const show = ['/bin/grep', 'SigIgn', '/proc/self/status'];
	const name = `start-${process.pid}`;
	const running = execa(cli, ['run', '--name', name, '--', 'sleep', '86448.1'], { reject: false });
	while ((await execa(cli, ['exec', name, '--', 'true'], { reject: false })).exitCode !== 0);
	for (const signals of [[64], [1, 3], [2, 13, 15, 25], [10, 11, 14, 20, 21, 22, 40]]) {
		const { stdout: without } = await execa(python, ignoring(signals, show));
		for (const how of [['run'], ['run', '--ns', 'pid=host'], ['exec', name]]) {
			const { stdout } = await execa(python, ignoring(signals, [cli, ...how, '--', ...show]));
			t.equal(stdout, without, `${signals}: ${how}`);
		}
	}
	const usual = (await execa('/bin/grep', show.slice(1))).stdout;
	t.equal((await execa(cli, ['run', '--', ...show])).stdout, usual, 'SIGPIPE, which Node ignores, is not ignored');
	t.match((await execa(process.execPath, [cli, 'run', '--', ...show])).stdout, /\t0+$/);
	running.kill();
	await running;
});

t.test("an ignored signal ends nothing, and another one is the program's still", async (t) => {
	const script = 'trap "echo survived; exit 0" USR1; echo ready; while :; do sleep 0.05; done';
	for (const [signal, status, printed] of [
		['SIGHUP', 0, 'survived'],
		['SIGTERM', 0, 'survived'],
		['SIGINT', 130, undefined],
	] as const) {
		const child = execa(python, ignoring([1, 15], [cli, 'run', '--', 'sh', '-c', script]), { reject: false });
		const exit = once(child, 'exit');
		const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
		t.equal((await lines.next()).value, 'ready');
		child.kill(signal);
		child.kill('SIGUSR1');
		t.equal((await lines.next()).value, printed, signal);
		t.equal((await exit)[0], status, signal);
	}
});
