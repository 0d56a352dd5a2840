/** What `--json` and `--reporter jsonl` write of real runs fits the schemas that are published. */
import { writeFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { Container } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { call, cli, die, probe, version } from '../support/paths.js';
import { faults } from '../support/report-schemas.js';

const directory = t.testdir({
	'profile.json': JSON.stringify({
		defaultAction: 'SCMP_ACT_ALLOW',
		syscalls: [{ names: ['personality'], action: 'SCMP_ACT_KILL_PROCESS' }],
	}),
	'bad.json': '{',
	'config.json': JSON.stringify({
		ociVersion: '1.2.0',
		process: { args: ['true'], cwd: '/', env: ['PATH=/usr/bin:/bin'] },
		root: { path: '/' },
		linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }] },
	}),
});
const at = (name: string) => join(directory, name);
const sh = (script: string) => ['--', 'sh', '-c', script];
const fill = (size: string) => sh(`head -c ${size} /dev/zero >/mnt/x; exit 3`);

/** Runs it, holds its report against the schema, and gives it. */
async function reported(t: Test, ...args: string[]) {
	const { stdout, stderr } = await procready(['run', '--json', 'fd:1', ...args]);
	const report = JSON.parse(stdout.slice(stdout.indexOf('{\n\t"kind"')));
	t.strictSame(faults('result', report), [], args.join(' '));
	t.match(report, { schemaVersion: 1, version, host: hostname(), kernel: release() }, stderr);
	t.ok(Math.abs(Date.now() - Date.parse(report.time)) < 60_000, 'the time is about now');
	return report;
}

t.test('runs of every kind', async (t) => {
	for (const [limit, ...args] of [
		['', 'true'],
		['', ...sh('exit 7')],
		['', '--', probe, 'fault'],
		['', ...sh('kill -9 $$')],
		['', '--name', 'report-schemas-named', '--watch', 'true'],
		['timeout', '--timeout', '100ms', '--', 'sleep', '10'],
		['memory.max', '--memory-max', '16M', '--', probe, 'touch', '67108864'],
		['memory.max', '--memory-max', '16M', ...sh(`${probe} touch 67108864; exit 0`)],
		['pids.max', '--pids-max', '2', '--', probe, 'forks'],
		['cpu.max', '--cpu-max', '0.1', '--', probe, 'spin', '100'],
		['cpu.time', '--cpu-time', '100ms', ...sh('while :; do :; done')],
		['output', '--output-max', '10', ...sh('echo more than ten bytes; sleep 1')],
		['forks', '--refuse-fork', '1', ...sh('(true); exit 0')],
		['seccomp', '--seccomp', at('profile.json'), '--', call, 'personality', '0xffffffff'],
		['RLIMIT_CPU', '--rlimit', 'cpu=1', ...sh('while :; do :; done')],
		['RLIMIT_FSIZE', '--rlimit', 'fsize=1000', '--tmpfs', '/mnt', '--', 'dd', 'if=/dev/zero', 'of=/mnt/x', 'count=9'],
		['tmpfs', '--tmpfs', '/mnt:size=64k', ...fill('128k')],
		['pids.max', '--pids-max', '9', '--at', '50ms:pids.max=1', '--at', '9:SIGTERM', ...sh('sleep 0.2; (true) & wait')],
	] as [string, ...string[]][]) {
		const report = await reported(t, ...args);
		const named = report.verdict.causes.map(({ limit }: { limit: string }) => limit);
		if (limit === '') t.strictSame(named, [], args.join(' '));
		else t.ok(named.includes(limit), `${args.join(' ')}: ${named}`);
		t.strictSame(report.command, report.args);
	}
});

t.test('runs that are not, specifications, and many runs', async (t) => {
	for (const [kind, code, command, ...args] of [
		['error', 'command-not-found', ['no-such-command'], 'no-such-command'],
		['error', 'command-not-executable', ['/etc/passwd'], '/etc/passwd'],
		['error', 'option-invalid', ['true'], '--pids-max', 'x', 'true'],
		['error', 'option-invalid', ['true'], '--fail-on', 'x', 'true'],
		['error', 'option-invalid', [], '--pids-max', '3'],
		['error', 'option-invalid', [], '--no-such-flag', 'true'],
		['error', 'limit-too-small', ['true'], '--memory-max', '4K', 'true'],
		['error', 'option-invalid', ['true'], '--each-fork', '--tty', 'true'],
		['error', 'option-invalid', ['true'], '--save-budget', at('b'), '--check-budget', at('b'), 'true'],
		['error', 'option-invalid', null, '--spec', at('bad.json')],
		['error', 'option-invalid', null, '--spec', at('none.json')],
		['result', undefined, ['true'], '--spec', at('config.json')],
		['each-fork', undefined, ['sh', '-c', '(true); exit 0'], '--each-fork', ...sh('(true); exit 0')],
		['budget', undefined, ['true'], '--save-budget', at('budget'), '--repeat', '8', 'true'],
		['comparison', undefined, ['true'], '--check-budget', at('budget'), '--repeat', '8', 'true'],
		['result', undefined, ['false'], '--check-budget', at('budget'), 'false'],
	] as [string, string | undefined, string[] | null, ...string[]][]) {
		const report = await reported(t, ...args);
		t.strictSame({ kind: report.kind, code: report.error?.code }, { kind, code }, args.join(' '));
		t.strictSame(report.command, command, args.join(' '));
	}
	const { stdout, stderr } = await procready(['run', '--json', '-', '--pids-max', 'x', 'true']);
	t.equal(`procready: ${JSON.parse(stdout).error.message}\n`, stderr, 'the same is said on stderr');
});

t.test('exec', async (t) => {
	const name = `report-schemas-${process.pid}`;
	await using _ = await Container.launch(['sleep', '60'], { name });
	for (const [kind, args] of [
		['execution', ['true']],
		['execution', ['sh', '-c', 'kill -9 $$']],
		['execution', ['sh', '-c', 'exit 3']],
		['error', ['no-such-command']],
	] as const) {
		const { stdout } = await procready(['exec', name, '--json', '-', '--', ...args]);
		const report = JSON.parse(stdout);
		t.strictSame(faults('result', report), [], args.join(' '));
		t.match(report, { kind, command: args, ...(kind === 'execution' && { container: name }) });
	}
	const none = JSON.parse((await procready(['exec', 'nobody-here', '--json', '-', '--', 'true'])).stdout);
	t.strictSame(faults('result', none), []);
	t.equal(none.error.code, 'not-running');
});

t.test('ended by each signal', async (t) => {
	for (const number of ['1', '6', '9', '11', '15', '24', '25', '31', '36', '64'])
		await reported(t, '--memory-max', '32M', '--', die, 'signal', number);
});

t.test('the events of suites', async (t) => {
	writeFileSync(
		at('s.yaml'),
		`before: 'true'
after: 'false'
cases:
  - { name: passes, command: 'true' }
  - { name: fails, command: 'false' }
  - { name: is out of memory, command: [${probe}, touch, 67108864], limits: { memory.max: 16M } }
  - { name: cannot fork, command: [${probe}, forks], limits: { pids.max: 2 }, expect: { hits: none } }
  - { name: is late, command: [sleep, 9], timeout: 100ms }
  - { name: is not there, command: no-such-command }
  - { name: is refused, command: no-such-command, expect: { error: command-not-found } }
  - { name: is skipped, command: 'true', skip: not today }
  - { name: is flaky, shell: 'test -e $SUITE_DIR/x || { touch $SUITE_DIR/x; exit 1; }', retry: 1 }
  - { name: prints, shell: 'echo out; echo err >&2', maxOutput: 2, expect: { stdout: x } }
  - { name: cannot begin, command: 'true', before: 'exit 3' }
`,
	);
	const { stdout } = await execa(cli, ['test', '-r', 'jsonl', at('s.yaml')], { reject: false });
	const events = stdout.split('\n').map((line) => JSON.parse(line));
	for (const event of events) t.strictSame(faults('events', event), [], `${event.type} ${event.case}`);
	t.match(events[0], { type: 'start', schemaVersion: 1, version });
	t.equal(events.filter((event) => 'schemaVersion' in event).length, 1);
	const types = ['start', 'suite-start', 'case-start', 'case-end', 'suite-end', 'end'];
	t.strictSame([...new Set(events.map(({ type }) => type))].sort(), [...types].sort());
	const ends = events.filter(({ type }) => type === 'case-end');
	t.equal(ends.length, 11);
	for (const member of ['result', 'error', 'reason', 'reproduce'])
		t.ok(
			ends.some((event) => member in event),
			member,
		);
});
