/** Containers of another process, steered by their names: the subcommands, one by one and at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { kill } from '../../controller/cli/kill.js';
import { pause } from '../../controller/cli/pause.js';
import { ps } from '../../controller/cli/ps.js';
import { resume } from '../../controller/cli/resume.js';
import { stats } from '../../controller/cli/stats.js';
import { update } from '../../controller/cli/update.js';
import { attach, Container, list, type Result, type Stats } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe } from '../support/paths.js';
import { fileOf, hasController } from '../support/places.js';
import { openPty } from '../support/pty.js';

const name = `steered-${process.pid}`;
type Subcommand = (argv: string[]) => Promise<number>;
const subcommands: Subcommand[] = [stats, update, pause, resume, kill];

/** Starts `procready run`, and resolves when its program runs. */
async function started(args: string[], options: string[] = []) {
	const controller = spawn(process.execPath, [cli, 'run', '--name', name, ...options, '--json', '-', '--', ...args], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	let output = '';
	controller.stdout.on('data', (chunk) => {
		output += chunk;
	});
	const exit = once(controller, 'close');
	const isThere = () => list().some((container) => container.name === name);
	while (!isThere()) await sleep(5);
	return {
		controller,
		result: async (): Promise<Result> => {
			await exit;
			return JSON.parse(output);
		},
	};
}

const fails = async (t: Test, args: string[], message: RegExp) => {
	const { status, stdout, stderr } = await procready(args);
	t.equal(status, 125, args.join(' '));
	t.equal(stdout, '');
	t.match(stderr, message);
};

t.test('ps, stats, update, pause, resume and kill', async (t) => {
	const { result } = await started([probe, 'hold'], ['--as-pid-1', '--pids-max', '4', '--memory-max', '32M']);

	const table = (await procready(['ps'])).stdout;
	t.match(table, /^NAME +PID +STATE +TIME +TASKS +MEMORY +COMMAND\n/);
	t.match(table, new RegExp(`^${name} +\\d+ +running +\\S+ \\S+ +1 of 4 +\\S+ .iB of 32 MiB +${probe} hold$`, 'm'));
	const [mine] = JSON.parse((await procready(['ps', '--json'])).stdout).filter(
		(one: Stats & { name: string }) => one.name === name,
	);
	t.match(mine, { name, args: [probe, 'hold'], paused: false, tasks: { current: 1 }, limits: [{}, {}, {}] });

	const lines = (await procready(['stats', name, '--count', '3', '--interval', '10ms'])).stdout;
	t.match(lines, /^( *[\d.]+ (ms|s) {3}tasks 1\/4 {3}memory \S+ .iB\/32 MiB {3}cpu \d+ %\n){3}$/);
	const json = (await procready(['stats', name, '-n', '2', '--interval=10ms', '--json'])).stdout.trim().split('\n');
	t.strictSame(
		json.map((line) => JSON.parse(line).tasks.current),
		[1, 1],
	);

	t.match(await procready(['update', name, '--pids-max', '7', '--memory-max', '1000001']), {
		status: 0,
		stdout: '',
		stderr: 'procready: note: memory.max: the kernel took 999424 for 1000001\n',
	});
	t.equal(readFileSync(fileOf(attach(name), 'pids.max'), 'utf8'), '7\n');
	const updated = await procready(['update', '--json', name, '--pids-max=8']);
	t.match(JSON.parse(updated.stdout), [{ limit: 'pids.max', value: '8' }]);

	t.match(await procready(['pause', name]), { status: 0, stdout: '', stderr: '' });
	t.match((await procready(['ps'])).stdout, new RegExp(`^${name} .* paused `, 'm'));
	await fails(t, ['exec', name, 'true'], /is paused: resume it first/);
	t.match(await procready(['resume', name]), { status: 0, stdout: '', stderr: '' });
	t.match(await procready(['exec', name, 'echo', 'alive']), { status: 0, stdout: 'alive\n' });

	const noted = await procready(['kill', '-TERM', name]);
	t.equal(noted.status, 0);
	t.match(noted.stderr, /note: SIGTERM has no effect: the program is process 1/);
	await procready(['pause', name]);
	t.match(await procready(['kill', name]), { status: 0, stdout: '', stderr: '' });
	const { signal, limits, changes, verdict } = await result();
	t.equal(signal, 'SIGKILL');
	t.equal(limits.find(({ limit }) => limit === 'pids.max')?.value, '8', 'who started it knows what others changed');
	t.equal(changes.length, 2);
	t.match(verdict.sentence, /somebody has sent it/);
	t.strictSame(await leftoversAfter(probe), []);
	t.notOk(existsSync(`/run/procready/${name}.json`));
});

t.test('without a container of this name each says so, also when it has just ended', async (t) => {
	const container = await Container.launch(['true'], { name });
	const found = await Promise.resolve()
		.then(() => attach(name))
		.catch(() => undefined);
	await container.wait();
	for (const subcommand of subcommands)
		await t.rejects(subcommand(subcommand === update ? [name, '--pids-max=1'] : [name]), {
			code: 'not-running',
			message: new RegExp(`^no container ${name} is running`),
		});
	await fails(t, ['pause', name], new RegExp(`^procready: no container ${name} is running: there is none in`));
	t.notMatch((await procready(['ps'])).stdout, name);
	if (!found) return;
	for (const act of [
		() => found.stats(),
		() => found.update({ pids: 1 }),
		() => found.pause(),
		() => found.resume(),
		() => found.exec(['true']),
	])
		await t.rejects(act() as Promise<unknown>, { code: 'not-running' });
	t.equal(found.kill(), false);
	for await (const _ of found.samples()) t.fail('a sample of nothing');
	for await (const _ of found.events()) t.fail('an event of nothing');
});

t.test('words that are wrong', async (t) => {
	await using container = await Container.launch(['sleep', '86470.1'], { name });
	t.ok(container.pid);
	const refused = (subcommand: Subcommand, argv: string[], message: string | RegExp) =>
		t.rejects(subcommand(argv), { code: 'option-invalid', message }, `${subcommand.name} ${argv.join(' ')}`);
	for (const subcommand of subcommands) {
		const hint = `see procready ${subcommand.name} --help`;
		await refused(subcommand, [], `NAME of the container is missing; ${hint}`);
		await refused(subcommand, [name, 'more'], `"more" is a word too many; ${hint}`);
		await refused(subcommand, [name, '--nope'], `--nope: is not an option of procready ${subcommand.name}; ${hint}`);
		await refused(subcommand, ['../x'], /is not a name of a container/);
	}
	await refused(update, [name], /^no limit is given; see/);
	await refused(update, [name, '--pids-max', 'x'], /^--pids-max: "x" is not a number of tasks/);
	await refused(update, [name, '--device-rule', 'deny a'], /^--device-rule: is not an option of procready update/);
	await refused(kill, [name, '--signal', 'NOPE'], /^--signal: "NOPE" is not a signal/);
	await refused(kill, [name, '--signal', '0'], /^--signal: "0" is not a signal/);
	await refused(stats, [name, '--count', '0'], '--count: 0 is not a number from 1 on');
	await refused(stats, [name, '--interval', 'soon'], /^--interval: "soon" is not a positive time/);
});

t.test('each has a help text', async (t) => {
	for (const { name } of [ps, ...subcommands]) {
		const help = await procready([name, '--help']);
		t.match(help, { status: 0, stdout: new RegExp(`^usage: procready ${name} `), stderr: '' });
		for (const line of help.stdout.split('\n')) t.ok(line.length <= 120, line);
	}
	t.match((await procready(['--help'])).stdout, /procready stats NAME/);
});

t.test('kill knows signals by name and by number', async (t) => {
	for (const signal of ['TERM', 'sigterm', '15', 'INT']) {
		const container = await Container.launch([probe, 'handle'], { name });
		await once(container.stdout as NodeJS.EventEmitter, 'data');
		t.equal(await kill([name, '--signal', signal]), 0);
		t.equal((await container.wait()).exitCode, 42, signal);
	}
});

t.test('stats ends with the container, and when nobody reads it', async (t) => {
	const container = await Container.launch(['sleep', '86470.2'], { name });
	const reader = ['-c', '"$@" | head -n 2', 'sh', process.execPath, cli, 'stats', name, '--interval', '20ms'];
	const { stdout, stderr } = await execa('sh', reader);
	t.strictSame([stdout.split('\n').length, stderr], [2, '']);

	const shown = execa(process.execPath, [cli, 'stats', name, '--interval', '20ms', '--json'], { reject: false });
	await once(shown.stdout, 'data');
	container.kill();
	await container.wait();
	t.match(await shown, { exitCode: 0, stderr: '' });
});

t.test('in a terminal stats is a table that is kept up to date', async (t) => {
	await using container = await Container.launch(['sleep', '86470.3'], { name, limits: { pids: 2, memory: '16M' } });
	const pty = await openPty([process.execPath, cli, 'stats', name, '--interval', '50ms'], { rows: 24, columns: 80 });
	await pty.see(new RegExp(`${name}  pid ${container.pid}  running, \\S+ m?s\\r\\n  tasks    1 of 2`));
	await pty.see(/ {2}memory {3}\S+ .iB of 16 MiB/);
	await pty.see(/\[\d+A.\[J/); // up, and clear
	await container.update({ pids: 3 });
	await pty.see(/tasks {4}1 of 3/);
	await container.pause();
	await pty.see(/paused, /);
	container.kill();
	t.match(await pty.ended, { status: 0, mode: 'cooked' });
});

t.test('many at once do no harm, and what is said to be in force is', async (t) => {
	const { result } = await started(['sleep', '86470.4'], ['--memory-max', '64M']);
	const own = attach(name);
	const commands = Array.from({ length: 2 }, (_, i) => [
		['update', name, '--pids-max', String(10 + i), '--memory-max', `${32 + 16 * (i % 2)}M`],
		['pause', name],
		['resume', name],
		['ps'],
		['exec', name, 'true'],
	]).flat();
	const running = commands.map((command) => procready(command));
	await Promise.all(running.filter((_, index) => commands[index]?.[0] !== 'exec'));
	await own.resume(); // what is being started when the container is paused is paused with it
	const outcomes = await Promise.all(running);
	for (const [index, { status, stderr }] of outcomes.entries()) {
		const [subcommand] = commands[index] as string[];
		if (subcommand === 'exec' && status !== 0) t.match(stderr, /is paused/);
		else t.strictSame({ status, stderr }, { status: 0, stderr: '' }, `${subcommand}`);
	}
	const held = Number(readFileSync(fileOf(own, 'pids.max'), 'utf8'));
	t.ok(held === 10 || held === 11);
	t.equal(own.limits.find(({ limit }) => limit === 'pids.max')?.value, String(held));
	const memory = own.limits.find(({ limit }) => limit === 'memory.max')?.value;
	t.match(await own.update({ swap: 0 }), [{ value: '0', rounded: false }]);
	t.equal(own.kill(), true);
	const { limits, changes } = await result();
	t.equal(limits.find(({ limit }) => limit === 'pids.max')?.value, String(held));
	t.equal(limits.find(({ limit }) => limit === 'memory.max')?.value, memory);
	t.equal(changes.length, 3);
	t.strictSame(await leftoversAfter('86470.4'), []);
});

t.test('a container that ends at the moment it is paused, changed or entered leaves nothing', async (t) => {
	for (let round = 0; round < 20; round++) {
		const container = await Container.launch(['sleep', '86470.5'], { name });
		const found = attach(name);
		const acts = [found.pause(), found.update({ pids: 5, ...(hasController('cpuset') ? { cpus: '0' } : {}) })];
		const outcomes = Promise.allSettled(acts);
		await sleep(round / 2);
		container.kill();
		for (const outcome of await outcomes)
			if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'not-running' });
		t.match(await container.wait(), { signal: 'SIGKILL' });
		t.strictSame(await leftoversAfter('86470.5', 500), []);
	}
	t.strictSame(
		readdirSync('/run/procready').filter((file) => file.includes(name)),
		[],
	);
});

t.test('the controller is killed while another process has paused its container', async (t) => {
	const { controller } = await started(['/bin/sh', '-c', 'sleep 86470.6 & sleep 86470.6; exit 3']);
	await attach(name).pause();
	if (hasController('cpuset')) await attach(name).update({ cpus: '0' });
	controller.kill('SIGKILL');
	t.strictSame(await leftoversAfter('86470.6', 4000), []);
	await fails(t, ['resume', name], /no container/);
});
