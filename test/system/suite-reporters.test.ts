/** The reporters of `procready test`, each told of the same runs and read as its consumers read it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import { cli, python } from '../support/paths.js';

const suite = `
name: all kinds
cases:
  - { name: 'passes & <is> "quoted"', shell: 'printf "a\\001b]]>"' }
  - name: fails
    limits: { pids.max: 1 }
    shell: echo 'one,two:%' | cat
    expect: { exitCode: 0, stdout: x }
  - { name: flaky, retry: 1, shell: 'mkdir $SUITE_DIR/x || exit 0; exit 1' }
  - { name: skipped, skip: not now, shell: 'true' }
`;

const dir = t.testdir({
	'a.procready.yaml': suite,
	'b.procready.yaml': 'before: exit 3\ncases: [{ name: x, shell: "true" }]',
});

async function report(args: string[], env: Record<string, string> = {}) {
	const { exitCode, stdout } = await execa(process.execPath, [cli, 'test', ...args], { cwd: dir, reject: false, env });
	t.equal(exitCode, 1);
	return stdout;
}

t.test('junit: the elements and attributes that its schema wants, in their order', async (t) => {
	await report(['-r', 'tap', '-r', 'junit=out/junit.xml']);
	const script = `
import json, sys, xml.etree.ElementTree as E
def tree(e): return [e.tag, e.attrib, (e.text or '').strip(), [tree(c) for c in e]]
print(json.dumps(tree(E.parse(sys.argv[1]).getroot())))`;
	const { stdout } = await execa(python, ['-c', script, `${dir}/out/junit.xml`]);
	type Element = [tag: string, attributes: Record<string, string>, text: string, children: Element[]];
	const [root, , , suites] = JSON.parse(stdout) as Element;
	t.equal(root, 'testsuites');
	for (const [index, [tag, attributes, , children]] of suites.entries()) {
		t.equal(tag, 'testsuite');
		const names = ['errors', 'failures', 'hostname', 'id', 'name', 'package', 'skipped', 'tests', 'time', 'timestamp'];
		t.strictSame(Object.keys(attributes).sort(), names);
		t.equal(attributes.id, String(index));
		t.match(attributes.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
		const cases = children.slice(1, -2);
		t.strictSame(
			children.map(([tag]) => tag),
			['properties', ...cases.map(() => 'testcase'), 'system-out', 'system-err'],
		);
		for (const [, attributes, , parts] of cases) {
			t.strictSame(Object.keys(attributes).sort(), ['classname', 'name', 'time']);
			t.match(attributes.time, /^\d+\.?\d*$/);
			t.ok(parts.length <= 1);
		}
	}
	const [first, second] = suites as [Element, Element];
	t.match(first[1], { name: 'all kinds', tests: '4', failures: '1', errors: '0', skipped: '1' });
	t.match(second[1], { name: 'b', package: 'b.procready.yaml', tests: '2', errors: '1', skipped: '1' });
	const [, passes, fails, , skipped, output] = first[3];
	t.equal(passes?.[1].name, 'passes & <is> "quoted"');
	t.match(output?.[2], 'a\uFFFDb]]>', 'what XML cannot say is replaced');
	t.match(fails?.[3], [
		['failure', { type: 'exit status', message: /exit status was 2/ }, /pids\.max: .*\n[\s\S]*\$ procready run/],
	]);
	t.match(skipped?.[3], [['skipped', { message: 'not now' }]]);
	t.match(second[3], [
		['properties'],
		['testcase'],
		['testcase', { name: 'before' }, '', [['error', { type: 'before' }]]],
	]);
});

t.test('jsonl: every event, with the whole report', async (t) => {
	const lines = (await report(['-r', 'jsonl'])).split('\n').map((line) => JSON.parse(line));
	t.match(lines[0], {
		type: 'start',
		suites: [
			{ name: 'all kinds', cases: 4 },
			{ name: 'b', cases: 1 },
		],
	});
	t.strictSame(
		lines.filter(({ type }) => type === 'case-end').map(({ case: name, status }) => [name, status]),
		[
			['passes & <is> "quoted"', 'passed'],
			['fails', 'failed'],
			['flaky', 'passed'],
			['skipped', 'skipped'],
			['x', 'skipped'],
		],
	);
	t.match(
		lines.find(({ case: name, type }) => name === 'fails' && type === 'case-end'),
		{
			file: 'a.procready.yaml',
			line: 5,
			failures: [{ where: '/exitCode', expected: '0', found: '2' }, { where: '/stdout' }],
			result: { exitCode: 2, usage: { tasks: { peak: 1 } }, verdict: { causes: [{ limit: 'pids.max' }] } },
			reproduce: [/^procready run --pids-max 1 /],
		},
	);
	t.match(lines.at(-1), { type: 'end', passed: 2, failed: 2, skipped: 2, flaky: 1, interrupted: false });
});

t.test('github: annotations of lines, and a summary of the job', async (t) => {
	const summary = `${dir}/summary.md`;
	writeFileSync(summary, 'before\n');
	const stdout = await report(['-r', 'github'], { GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: `${dir}/..` });
	const lines = stdout.split('\n');
	const name = dir.split('/').at(-1);
	t.match(
		lines[0],
		`::error file=${name}/a.procready.yaml,line=8,col=15,title=all kinds%3A fails::exit status was 2, and 0 was expected.%0A`,
	);
	t.match(lines[0], '%0A$ procready run --pids-max 1');
	t.match(lines[0], 'one,two:%25', 'a percent sign is no escape');
	t.match(lines[2], /^::warning file=.*,line=9,col=\d+,title=all kinds%3A flaky::flaky: passed after 1 failure$/);
	t.match(lines[3], /^::error file=.*b\.procready\.yaml,line=1,col=1,title=b::before: /);
	t.equal(lines.length, 5);
	const text = readFileSync(summary, 'utf8');
	t.match(text, /^before\n### procready: 2 passed, 2 failed, 2 skipped, 1 flaky in /);
	t.match(text, '| ✅ | all kinds | passes & \\<is\\> "quoted" |');
	t.match(text, /\| ❌ \| all kinds \| fails \| .* \| 1 \| exit status was 2, and 0 was expected\./);
	t.match(text, '| ➖ | all kinds | skipped |');
});

t.test('github: what is wrong in a file is an annotation as well', async (t) => {
	writeFileSync(`${dir}/bad.yaml`, 'command: a\ncases: []');
	const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, 'test', '-r', 'github', 'bad.yaml'], {
		cwd: dir,
		reject: false,
		env: { GITHUB_WORKSPACE: dir },
	});
	t.equal(exitCode, 2);
	t.equal(stdout, '::error file=bad.yaml,line=2,col=8,title=suite::cases must not be empty');
	t.equal(stderr, 'bad.yaml:2:8: cases must not be empty');
});

t.test('pretty: only what matters', async (t) => {
	const stdout = await report(['-r', 'pretty']);
	t.match(stdout, /^✗ all kinds \(4 cases, /);
	t.notMatch(stdout, 'passes &');
	t.match(stdout, /\n {2}✗ fails a\.procready\.yaml:8:15\n {6}exit status was 2, and 0 was expected\.\n/);
	t.match(stdout, /\n {6}pids\.max: The limit of 1 task was hit/);
	t.match(stdout, /\n {6}wall .*, tasks\.peak 1, tasks\.refused 1, memory\.peak /);
	t.match(stdout, /\n {6}\$ procready run --pids-max 1 /);
	t.match(stdout, '  ! flaky: passed after 1 failure\n');
	t.match(stdout, '  - skipped: not now\n');
	t.match(stdout, /\n✗ b \(1 case, .*\n {4}before: "exit 3" exited with status 3\n/);
	t.match(stdout, /\n\n2 passed, 2 failed, 2 skipped, 1 flaky in .* m?s$/);
	t.notMatch(stdout, '\x1b');
});

t.test('pretty is what a terminal gets, with progress and with colours unless NO_COLOR says no', async (t) => {
	const onTerminal = async (env: Record<string, string>) => {
		const script = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
		const { stdout } = await execa(python, ['-c', script, process.execPath, cli, 'test', 'a.procready.yaml'], {
			cwd: dir,
			reject: false,
			stdin: 'ignore',
			env,
		});
		return stdout;
	};
	const coloured = await onTerminal({ NO_COLOR: '' });
	t.match(coloured, '\x1b[31m✗\x1b[0m \x1b[1mall kinds\x1b[0m');
	t.match(coloured, '\r\x1b[K\x1b[2m  all kinds 1/4 fails', 'what runs just now');
	const plain = await onTerminal({ NO_COLOR: '1' });
	t.match(plain, /✗ all kinds \(4 cases/);
	t.notMatch(plain, '\x1b[31m');
});
