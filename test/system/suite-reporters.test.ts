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

type Element = [tag: string, attributes: Record<string, string>, text: string, children: Element[]];

/** junit-10.xsd of the xunit plugin of Jenkins: attributes, with ! the required ones, and children in any order. */
const rerun = { attributes: 'message type!', children: 'stackTrace system-out system-err', text: true as const };
const schema: Record<string, { attributes: string; children: string; text?: true }> = {
	testsuite: {
		attributes: 'name! tests! failures! errors! group time skipped timestamp hostname id package file log url version',
		children: 'testsuite properties testcase system-out system-err',
	},
	properties: { attributes: '', children: 'property' },
	property: { attributes: 'name! value!', children: '' },
	testcase: {
		attributes: 'name! time classname group',
		children: 'skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err',
	},
	failure: { attributes: 'type message', children: '', text: true },
	error: { attributes: 'type message', children: '', text: true },
	skipped: { attributes: 'type message', children: '', text: true },
	rerunFailure: rerun,
	flakyFailure: rerun,
	'system-out': { attributes: '', children: '', text: true },
	'system-err': { attributes: '', children: '', text: true },
};

function violations([tag, attributes, text, children]: Element): string[] {
	const form = schema[tag];
	if (!form) return [`${tag} is not known`];
	const names = form.attributes.split(' ');
	const known = names.map((name) => name.replace('!', ''));
	const required = names.filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1));
	return [
		...Object.keys(attributes).flatMap((name) => (known.includes(name) ? [] : [`${name} is not for ${tag}`])),
		...required.flatMap((name) => (name in attributes ? [] : [`${tag} lacks ${name}`])),
		...(attributes.time !== undefined && !/^\d+(\.\d{3})?$/.test(attributes.time)
			? [`${attributes.time} is not a time`]
			: []),
		...(text !== '' && !form.text ? [`${tag} has text`] : []),
		...children.flatMap((child) =>
			form.children.split(' ').includes(child[0]) ? violations(child) : [`${child[0]} is not for ${tag}`],
		),
	];
}

t.test('junit: the elements and attributes that its schema knows', async (t) => {
	await report(['-r', 'tap', '-r', 'junit=out/junit.xml']);
	const script = `
import json, sys, xml.etree.ElementTree as E
def tree(e): return [e.tag, e.attrib, (e.text or '').strip(), [tree(c) for c in e]]
print(json.dumps(tree(E.parse(sys.argv[1]).getroot())))`;
	const { stdout } = await execa(python, ['-c', script, `${dir}/out/junit.xml`]);
	const [root, , , suites] = JSON.parse(stdout) as Element;
	t.equal(root, 'testsuites');
	for (const [index, one] of suites.entries()) {
		const [tag, attributes] = one;
		t.equal(tag, 'testsuite');
		t.equal(attributes.id, String(index));
		t.match(attributes.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
		t.strictSame(violations(one), []);
	}
	t.strictSame(violations(['testcase', { name: 'x' }, '', [['properties', {}, '', []]]]), [
		'properties is not for testcase',
	]);
	const [first, second] = suites as [Element, Element];
	t.match(first[1], { name: 'all kinds', tests: '4', failures: '1', errors: '0', skipped: '1' });
	t.match(second[1], { name: 'b', package: 'b.procready.yaml', tests: '2', errors: '1', skipped: '1' });
	const [properties, passes, fails, flaky, skipped] = first[3];
	t.equal(passes?.[1].name, 'passes & <is> "quoted"');
	t.strictSame(passes?.[3], [['system-out', {}, 'a\uFFFDb]]>', []]], 'what XML cannot say is replaced');
	t.match(fails?.[3], [
		[
			'failure',
			{ type: 'exit status', message: /exit status was 2/ },
			/pids\.max: .*\n[\s\S]*stderr:\n {2}.*fork\n\$ procready run/i,
		],
		['system-err', {}, /fork/],
	]);
	t.match(flaky?.[3]?.[0], ['flakyFailure', { message: /exited with status 1/, type: 'verdict' }]);
	const ofCases = Object.fromEntries(properties?.[3].map(([, { name = '', value }]) => [name, value]) ?? []);
	t.match(ofCases, {
		'fails: limit.pids': '1',
		'fails: tasks.peak': '1',
		'fails: verdict': 'failed',
		'fails: cause': /^pids\.max: The limit of 1 task was hit/,
		'flaky: runs': '2',
	});
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
			said: ['stderr:', /^ {2}.*fork/i],
			reproduce: [/^procready run --pids-max 1 /],
		},
	);
	t.match(
		lines.find(({ case: name, type }) => name === 'flaky' && type === 'case-end'),
		{ retried: 1, earlier: [{ run: 1, failures: [{ what: 'verdict' }] }] },
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
	t.match(
		lines[2],
		/^::warning file=.*,line=9,col=\d+,title=all kinds%3A flaky::flaky: passed after 1 failure%0Arun 1 failed: verdict was failed/,
	);
	t.match(lines[0], /%0Astderr:%0A {2}.*fork%0A\$ /i, 'the end of what it said');
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
	t.match(stdout, /\n {6}stderr:\n {8}.*fork\n {6}\$ /i, 'the end of what it said');
	t.match(
		stdout,
		/\n {2}! flaky: passed after 1 failure\n {6}run 1 failed: verdict was failed: It exited with status 1/,
	);
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
	t.match(coloured, '\r\x1b[K\x1b[2m  all kinds 1/4', 'what runs just now');
	t.match(coloured, /all kinds 1\/4, about [\d.]+ m?s left: fails/, 'and how long the rest takes');
	const plain = await onTerminal({ NO_COLOR: '1' });
	t.match(plain, /✗ all kinds \(4 cases/);
	t.notMatch(await report(['-r', 'pretty']), 'left', 'nothing of that elsewhere');
	t.notMatch(plain, '\x1b[31m');
});

t.test('tap: the end of what it said, and what failed before', async (t) => {
	const stdout = await report(['-r', 'tap']);
	t.match(stdout, /\n {6}said: \|\n {8}stderr:\n {10}.*fork\n/i);
	t.match(stdout, /ok 3 - flaky .*\n {6}---\n {6}retried: 1\n {6}earlier:\n {8}- "run 1 failed: verdict was failed/);
});

t.test('tap13: one list, which prove(1) reads', async (t) => {
	const stdout = await report(['-r', 'tap13']);
	const lines = stdout.split('\n');
	t.equal(lines[0], 'TAP version 13');
	t.strictSame(
		lines.filter((line) => /^(not )?ok /.test(line)),
		[
			'ok 1 - all kinds: passes & <is> "quoted"',
			'not ok 2 - all kinds: fails',
			'ok 3 - all kinds: flaky',
			'ok 4 - all kinds: skipped # SKIP not now',
			'ok 5 - b: x # SKIP the set-up of the suite failed',
			'not ok 6 - b: before',
		],
	);
	t.strictSame(
		lines.slice(1).filter((line) => !/^(not )?ok |^#|^1\.\.6$/.test(line)),
		[],
		'and comments',
	);
	t.match(stdout, /\n# {3}stderr:\n# {5}.*fork\n# {3}\$ procready run/i);
	t.match(stdout, /ok 3 - all kinds: flaky\n# {3}run 1 failed: /);
	const { failed } = await execa('prove', ['--version'], { reject: false });
	if (failed) return void t.pass('there is no prove(1) to ask');
	const command = `${process.execPath} ${cli} test --reporter tap13`;
	const read = await execa('prove', ['--exec', command, 'a.procready.yaml', 'b.procready.yaml'], {
		cwd: dir,
		reject: false,
		all: true,
	});
	t.equal(read.exitCode, 1);
	t.match(read.all, /a\.procready\.yaml \(Wstat: 256 .*Tests: 4 Failed: 1\)\n {2}Failed test: {2}2\n/);
	t.match(read.all, /b\.procready\.yaml \(Wstat: 256 .*Tests: 2 Failed: 1\)\n {2}Failed test: {2}2\n/);
	t.notMatch(read.all, 'Parse errors');
	writeFileSync(
		`${dir}/good.yaml`,
		'cases: [{ name: "a # b \\\\ c", shell: "true" }, { name: d, skip: "e # f" }]\ncommand: "true"',
	);
	const good = await execa('prove', ['--exec', command, 'good.yaml'], { cwd: dir, reject: false, all: true });
	t.match(good, { exitCode: 0, all: /Result: PASS$/ });
});
