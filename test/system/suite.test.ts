/** `procready test` as a user calls it, on real programs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe } from '../support/paths.js';
import { openPty } from '../support/pty.js';

/** Runs a suite that stands in a directory of its own. */
async function testSuite(dir: string, text: string, ...args: string[]) {
	writeFileSync(`${dir}/procready.yaml`, text);
	const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, 'test', '--reporter', 'tap', ...args], {
		cwd: dir,
		reject: false,
	});
	return { status: exitCode, stdout, stderr };
}

/** Of those that are started here alone: others may have theirs in the usual place. */
const temporary = mkdtempSync(join(tmpdir(), 'procready-test-'));
process.env.TMPDIR = temporary;
t.teardown(() => rmSync(temporary, { recursive: true }));
const scratch = () => readdirSync(tmpdir()).filter((name) => /^procready-(case|suite)-/.test(name));

t.test('expectations that hold, on what a program did', async (t) => {
	const { status, stdout } = await testSuite(
		t.testdir({ 'in.txt': 'from a file' }),
		`
defaults: { limits: { memory.max: 32M } }
cases:
  - name: text, status, usage, wall
    shell: echo out; echo err >&2; exit 3
    expect:
      exitCode: 3
      signal: null
      verdict: failed
      stdout: out
      stderr: { contains: er, lines: 1 }
      hits: none
      usage: { memory.peak: '64K..32M', tasks.peak: 1, cpu.time: '< 10s' }
      wall: '< 1m'
  - name: forks are refused
    matrix: { pids.max: [1, 2] }
    shell: true & true & true & wait
    expect: { exitCode: 2, hits: { pids.max: '>= 1' }, usage: { tasks.peak: '\${pids.max}' } }
  - name: killed for memory
    command: [${probe}, touch, 67108864]
    expect: { signal: SIGKILL, hits: { memory.max: '> 0' } }
  - name: still running
    command: sleep 86431
    timeout: 200ms
    expect: { verdict: timed-out, hits: { timeout: 1 } }
  - name: not there
    command: no-such-command
    expect: { error: command-not-found }
  - name: not there, as a shell says it
    command: no-such-command
    expect: { exitCode: 127, stdout: '' }
  - name: not executable, as a shell says it
    command: /etc/passwd
    expect: { exitCode: 126 }
  - name: text goes in
    command: cat
    input: hello
    expect: { stdout: hello }
  - name: a file goes in
    command: cat
    input: { file: in.txt }
    expect: { stdout: from a file }
  - name: much goes in that nobody reads
    command: 'true'
    input: ${'x'.repeat(200_000)}
  - name: files, in the directory of the case, which is its own
    repeat: 2
    shell: test ! -e $CASE_DIR/a && echo content >$CASE_DIR/a && ln -s a $CASE_DIR/b
    expect:
      files: { '\${CASE_DIR}/a': content, '\${CASE_DIR}/b': /^con/, '\${CASE_DIR}/c': { exists: false } }
  - name: variables
    shell: echo $MODE
    env: { MODE: 3 }
    expect: { stdout: '3' }
`,
	);
	t.equal(status, 0, stdout);
	t.match(stdout, /^TAP version 14\n1\.\.1\n# Subtest: procready\n {4}1\.\.13\n/);
	t.match(stdout, /\n {4}ok 3 - forks are refused \[pids\.max=2\] # time=/);
	t.match(stdout, /\nok 1 - procready # time=.*\n# 13 passed, 0 failed, 0 skipped$/);
});

t.test('what does not hold is a failure that says all', async (t) => {
	const dir = t.testdir();
	const { status, stdout } = await testSuite(
		dir,
		`
name: wrong
cases:
  - name: it
    shell: sleep 0.1 & wait
    limits: { pids.max: 1 }
    input: x
    expect:
      exitCode: 0
      usage: { tasks.peak: 2 }
`,
	);
	t.equal(status, 1);
	t.match(stdout, '    not ok 1 - it');
	t.match(stdout, '      at: procready.yaml:9:7\n');
	t.match(stdout, '        - what: exit status\n          expected: "0"\n          found: "2"\n');
	t.match(stdout, '        - what: tasks.peak\n          expected: "2"\n          found: "1"\n');
	t.match(
		stdout,
		/verdict:\n.*failed: It exited with status 2\..*\n.*pids\.max: The limit of 1 task was hit: 1 fork refused\./,
	);
	t.match(stdout, /account:\n\s+wall: .*\n\s+tasks\.peak: 1\n\s+tasks\.refused: 1\n\s+memory\.peak: /);
	t.match(stdout, 'not ok 1 - wrong');
	const [, command = ''] = /reproduce: \|\n\s+(.*)/.exec(stdout) ?? [];
	t.equal(command, `printf %s x | procready run --pids-max 1 --timeout 1m --cwd ${dir} -- sh -c 'sleep 0.1 & wait'`);
	const again = await execa('sh', ['-c', command.replace('procready', `${process.execPath} ${cli}`)], {
		reject: false,
	});
	t.equal(again.exitCode, 2, 'the command reproduces it');
	t.match(again.stderr, 'pids.max: The limit of 1 task was hit');
});

t.test('output and files that were cut meet nothing that the rest could contradict', async (t) => {
	const { status, stdout } = await testSuite(
		t.testdir(),
		`
cases:
  - name: output that was cut
    shell: head -c 17000000 /dev/zero; echo FATAL
    expect: { stdout: { lacks: FATAL } }
  - name: output that is all there
    shell: head -c 17000000 /dev/zero; echo FATAL
    maxOutput: 17000006
    expect: { stdout: { contains: FATAL, size: 17000006, lines: 1 } }
  - name: a file that is large
    shell: truncate -s 5G $CASE_DIR/large
    expect: { files: { '\${CASE_DIR}/large': { size: 5G, lacks: x } } }
`,
	);
	t.equal(status, 1, stdout);
	t.match(
		stdout,
		/not ok 1 - output that was cut .*\n(?:.*\n){5}.*cut after 16 MiB of 16\.2 MiB: raise the option maxOutput/,
	);
	t.match(stdout, '\n    ok 2 - output that is all there');
	t.match(stdout, /not ok 3 - a file that is large .*\n(?:.*\n){5}.*cut after 16 MiB of 5 GiB/);
});

t.test('what is no file, or has no end, is neither waited for nor read: as input, and as a suite', async (t) => {
	const dir = t.testdir({ sparse: '', most: '', directory: {} });
	truncateSync(join(dir, 'sparse'), 5 * 2 ** 30);
	truncateSync(join(dir, 'most'), 256 * 2 ** 20 + 1);
	await execa('mkfifo', [join(dir, 'fifo')]);
	const odd: [file: string, why: string][] = [
		['fifo', 'it is a FIFO, and must be a file'],
		['/dev/zero', 'it is a device, and must be a file'],
		['directory', 'it is a directory, and must be a file'],
		['sparse', 'it is longer than 256 MiB'],
		['most', 'it is longer than 256 MiB'],
		['nothing', 'ENOENT'],
	];
	const cases = odd.map(([file]) => `  - { name: ${file}, command: cat, input: { file: ${file} } }`);
	const { status, stdout } = await testSuite(dir, `cases:\n${cases.join('\n')}`);
	t.equal(status, 1);
	for (const [file, why] of odd) t.match(stdout, `${file} cannot be read: ${why}`, file);
	for (const [file, why] of [
		['fifo', 'this is a FIFO, and a suite is a file'],
		['/dev/zero', 'this is a device, and a suite is a file'],
		['sparse', ''],
	] as const) {
		const { exitCode, stderr } = await execa(process.execPath, [cli, 'test', file], { cwd: dir, reject: false });
		t.equal(exitCode, 2, stderr);
		t.match(stderr, `${file}:1:1: ${why}`);
	}
});

t.test('repeat, retry, only and skip', async (t) => {
	const flaky = 'echo >>$SUITE_DIR/n; test $(wc -l <$SUITE_DIR/n) -ge 3';
	const { status, stdout } = await testSuite(
		t.testdir(),
		`
cases:
  - { name: at the third try, retry: 2, only: true, shell: '${flaky}' }
  - { name: not at the second, retry: 1, only: true, shell: 'false' }
  - { name: the third of three, repeat: 5, only: true, shell: 'echo >>$SUITE_DIR/m; test $(wc -l <$SUITE_DIR/m) -lt 3' }
  - { name: not this one, shell: 'false' }
`,
	);
	t.equal(status, 1);
	t.match(stdout, /ok 1 - at the third try .*\n\s+---\n\s+retried: 2\n/);
	t.match(stdout, /not ok 2 - not at the second .*(\n.*)*?runs: 2\n/);
	t.match(stdout, /not ok 3 - the third of three .*(\n.*)*?runs: 3\n/);
	t.match(stdout, 'ok 4 - not this one # SKIP others are marked "only"');
	t.match(stdout, /# 1 passed, 2 failed, 1 skipped, 1 flaky$/);
	t.match(await testSuite(t.testdir(), 'cases: [{ name: x, shell: "false", skip: why }]'), {
		status: 0,
		stdout: /ok 1 - x # SKIP why\n/,
	});
});

t.test('set-up and tear-down, of the suite and of cases, also when something failed', async (t) => {
	const dir = t.testdir();
	const { status, stdout } = await testSuite(
		dir,
		`
before: [echo before >>log, echo shared >$SUITE_DIR/x]
after: echo after >>log
defaults:
  before: echo set up $CASE_DIR | sed 's/-[^-]*$//' >>log
  after: echo tear down >>log
cases:
  - { name: one, shell: 'cat $SUITE_DIR/x', expect: { stdout: shared } }
  - { name: two, shell: 'false' }
  - { name: three, before: 'echo sorry; exit 7', shell: 'echo never >>log' }
  - { name: four, shell: 'true', after: exit 8 }
`,
	);
	t.equal(status, 1);
	t.equal(
		readFileSync(`${dir}/log`, 'utf8'),
		`before\nset up ${tmpdir()}/procready-case\ntear down\nset up ${tmpdir()}/procready-case\ntear down\ntear down\nset up ${tmpdir()}/procready-case\nafter\n`,
	);
	t.match(
		stdout,
		/not ok 3 - three(.*\n)*?.*what: before\n.*expected: exit status 0\n.*found: "?exited with status 7: sorry/,
	);
	t.match(stdout, /not ok 4 - four(.*\n)*?.*what: after\n.*\n.*found: exited with status 8/);
	const broken = await testSuite(t.testdir(), 'before: exit 9\ncases: [{ name: x, shell: "true" }]');
	t.equal(broken.status, 1);
	t.match(broken.stdout, /ok 1 - x # SKIP the set-up of the suite failed\n(.*\n)*.*found: exited with status 9/);
	t.strictSame(scratch(), [], 'no directory is left');
});

t.test('cases side by side have their own figures, and are told in their order', async (t) => {
	const cases = Array.from(
		{ length: 8 },
		(_, index) =>
			`  - { name: n${index}, shell: '${'sleep 0.3 & '.repeat(index)} wait', expect: { usage: { tasks.peak: ${index + 1} } } }`,
	);
	const { status, stdout } = await testSuite(t.testdir(), `cases:\n${cases.join('\n')}`, '--jobs', '4');
	t.equal(status, 0, stdout);
	t.strictSame(
		[...stdout.matchAll(/ok \d - (n\d)/g)].map(([, name]) => name),
		cases.map((_, index) => `n${index}`),
	);
});

t.test('a case that is alone has no other beside it', async (t) => {
	const during = 'echo x >>$SUITE_DIR/on; sleep 0.2; wc -l <$SUITE_DIR/on; sed -i 1d $SUITE_DIR/on';
	const one = (name: string, more: string) => `  - { name: ${name}, shell: '${during}', ${more} }`;
	const cases = [one('a', 'timeout: 20s'), one('b', 'alone: true, expect: { stdout: "1" }'), one('c', 'timeout: 20s')];
	const { status, stdout } = await testSuite(t.testdir(), `cases:\n${cases.join('\n')}`, '--jobs', 'all');
	t.equal(status, 0, stdout);
});

t.test('exit statuses and the choice of cases', async (t) => {
	const dir = t.testdir({ 'a.procready.yaml': 'command: "true"\ncases: [{ name: x }, { name: y, shell: "false" }]' });
	const run = async (...args: string[]) => {
		const { status, stderr } = await procready(['test', '-r', 'tap', ...args]);
		return { status, stderr };
	};
	const file = `${dir}/a.procready.yaml`;
	t.match(await run(file), { status: 1 });
	t.match(await run(file, '--case', 'x'), { status: 0 });
	t.match(await run('--check', file), { status: 0 });
	t.match(await run(file, '--case', 'q'), { status: 2, stderr: /--case: no case has "q" in its name/ });
	t.match(await run(`${dir}/none.yaml`), { status: 2, stderr: /none\.yaml:1:1: the file cannot be read: ENOENT/ });
	t.match(await run(file, '--jobs', '0'), {
		status: 2,
		stderr: /--jobs: "0" is neither a number from 1 to 9999 nor all/,
	});
	t.match(await run(file, '--colour'), { status: 2, stderr: /--colour: is not an option of procready test/ });
	t.match(await run(file, '-r', 'tap'), { status: 2, stderr: /only one reporter can write to stdout/ });
	t.match(await procready(['test', '-r', 'tab', file]), {
		status: 2,
		stderr: /"tab" is none of .*; did you mean "tap"\?/,
	});
	t.match(await run(file, '--case', '/^a: .$/', '--bail=0'), { status: 2, stderr: /--bail: "0" is not a number of/ });
	t.match(await run(file, '--watch', '--list'), { status: 2, stderr: /--watch: cannot be used with --list/ });
	t.match(await run(file, `${file}.none`, '--watch'), {
		status: 2,
		stderr: /--watch: .*\.none: there is no such file/,
	});
	t.match(await run(dir, '--case', '/^a: x$/'), { status: 0 });
	t.match(await run(`${file}:2`), { status: 1 });
	t.match(await run(`${file}:1`), {
		status: 2,
		stderr: /a\.procready\.yaml:1: no case stands in this line; "x" stands in 2 to 2/,
	});
	const empty = await execa(process.execPath, [cli, 'test'], { cwd: t.testdir(), reject: false });
	t.match(empty, { exitCode: 2, stderr: /there is no procready\.yaml nor \*\.procready\.yaml here or below/ });
});

t.test('SIGINT ends it cleanly, with what there is', async (t) => {
	const dir = t.testdir({
		'procready.yaml': `
after: touch after
cases:
  - { name: one, shell: 'true' }
  - { name: two, shell: 'touch started; sleep 86432', after: touch after-two }
  - { name: three, shell: 'true' }
`,
	});
	const child = spawn(process.execPath, [cli, 'test', '-r', 'tap'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
	let stdout = '';
	child.stdout.on('data', (data) => (stdout += data));
	const closed = once(child, 'close');
	while (!existsSync(`${dir}/started`)) await sleep(20);
	child.kill('SIGINT');
	t.strictSame(await closed, [130, null]);
	t.match(stdout, /ok 1 - one .*\n.*ok 2 - two # SKIP it was interrupted\n.*ok 3 - three # SKIP it was interrupted\n/);
	t.match(stdout, /# interrupted: the rest was skipped\n# 1 passed, 0 failed, 2 skipped\n$/);
	t.ok(existsSync(`${dir}/after`));
	t.ok(existsSync(`${dir}/after-two`));
	t.strictSame(await leftoversAfter('86432'), []);
	t.strictSame(scratch(), []);
});

t.test('--list: the cases that would run, and what keeps others from it', async (t) => {
	const dir = t.testdir({
		'procready.yaml': `name: s
command: 'false'
cases:
  - name: m
    matrix: { pids.max: [1, 2] }
  - { name: off, skip: not now }
`,
	});
	const list = (...args: string[]) => execa(process.execPath, [cli, 'test', '--list', ...args], { cwd: dir });
	t.strictSame((await list()).stdout.split('\n'), [
		'procready.yaml:4: s: m [pids.max=1]',
		'procready.yaml:4: s: m [pids.max=2]',
		'procready.yaml:6: s: off # SKIP not now',
	]);
	t.equal((await list('--case', '/max=2/')).stdout, 'procready.yaml:4: s: m [pids.max=2]');
	t.equal((await list('procready.yaml:6')).stdout, 'procready.yaml:6: s: off # SKIP not now');
});

t.test('--bail: after so many failures no further case begins, and tear-down is done', async (t) => {
	const dir = t.testdir({
		'b.procready.yaml': 'before: touch never\ncases: [{ name: z, shell: "true" }]',
	});
	const text = `
after: echo after >>log
cases:
  - { name: one, shell: 'false' }
  - { name: two, shell: 'true', after: echo after two >>log }
  - { name: three, shell: 'false' }
  - { name: off, shell: 'true', skip: not now }
  - { name: four, shell: 'true' }
`;
	const args = ['procready.yaml', 'b.procready.yaml'];
	const second = await testSuite(dir, text, '--bail=2', ...args);
	t.equal(second.status, 1);
	t.match(second.stdout, /not ok 1 - one (.*\n)*.*\n {4}ok 2 - two (.*\n)*.*not ok 3 - three /);
	t.match(second.stdout, '    ok 4 - off # SKIP not now\n    ok 5 - four # SKIP it was not run, after 2 failures\n');
	t.match(second.stdout, '    ok 1 - z # SKIP it was not run, after 2 failures\n');
	t.match(second.stdout, /# 1 passed, 2 failed, 3 skipped \(2 not run\)$/);
	t.equal(readFileSync(`${dir}/log`, 'utf8'), 'after two\nafter\n');
	t.notOk(existsSync(`${dir}/never`), 'no set-up of a suite of which nothing runs');
	const first = await testSuite(dir, text, '--bail', ...args);
	t.match(first.stdout, /# 0 passed, 1 failed, 5 skipped \(4 not run\)$/);
	t.match((await testSuite(dir, text, ...args)).stdout, /# 3 passed, 2 failed, 1 skipped$/);
});

t.test('--last-failed: what failed last, until it passes', async (t) => {
	const dir = t.testdir();
	const text = 'cases: [{ name: a, shell: "true" }, { name: b, shell: "test -e fixed" }, { name: c, shell: "true" }]';
	writeFileSync(`${dir}/fixed`, '');
	t.equal((await testSuite(dir, text)).status, 0);
	t.match(await testSuite(dir, text, '--last-failed'), {
		status: 0,
		stderr: /^procready: --last-failed: none of these cases failed when it last ran, so all of them run$/,
		stdout: /# 3 passed/,
	});
	rmSync(`${dir}/fixed`);
	t.equal((await testSuite(dir, text)).status, 1);
	for (const _ of [1, 2])
		t.match(await testSuite(dir, text, '--last-failed'), {
			status: 1,
			stdout: /1\.\.1\n {4}not ok 1 - b (.*\n)*# 0 passed, 1 failed/,
		});
	writeFileSync(`${dir}/fixed`, '');
	t.match(await testSuite(dir, text, '--last-failed'), { status: 0, stderr: '', stdout: /1\.\.1\n {4}ok 1 - b / });
	t.match(await testSuite(dir, text, '--last-failed'), { status: 0, stderr: /so all of them run/ });
});

t.test('--watch: runs again what a changed file concerns, and ends by SIGINT', async (t) => {
	const dir = t.testdir({
		'a.procready.yaml': 'cases: [{ name: a, shell: "sh ./sub/prog; echo x >>written" }]',
		'b.procready.yaml': 'cases: [{ name: b, shell: "true" }]',
		sub: { prog: 'true' },
	});
	const child = spawn(process.execPath, [cli, 'test', '--watch', '-r', 'tap'], {
		cwd: dir,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const closed = once(child, 'close');
	let [seen, stdout, stderr] = ['', '', ''];
	child.stdout.on('data', (data) => (stdout += data));
	child.stderr.on('data', (data) => (stderr += data));
	/** What was said until it waits again. */
	const next = async () => {
		for (let left = 500; !stderr.includes('runs again') && left > 0; left--) await sleep(20);
		t.match(stderr, /this runs again when a file changes/);
		await sleep(100); // now it listens
		[seen, stdout, stderr] = [stdout + stderr, '', ''];
		return seen;
	};
	t.match(await next(), /ok 1 - a (.*\n)*.*ok 1 - b /);
	await sleep(300);
	t.equal(stdout, '', 'what the cases write themselves is no cause to run them again');
	writeFileSync(`${dir}/b.procready.yaml`, 'cases: [{ name: b2, shell: "true" }]');
	t.match(await next(), /^TAP version 14\n1\.\.1\n.*\n.*\n {4}ok 1 - b2 /, 'a suite: that suite');
	writeFileSync(`${dir}/sub/prog`, 'exit 3');
	t.match(await next(), /ok 1 - a (.*\n)*.*ok 1 - b2 /, 'another file: all');
	writeFileSync(`${dir}/b.procready.yaml`, 'cases: 3');
	t.match(await next(), /b\.procready\.yaml:1:8: cases must be/, 'a mistake is said, and it goes on');
	writeFileSync(`${dir}/b.procready.yaml`, 'cases: [{ name: b3, shell: "true" }]');
	t.match(await next(), / {4}ok 1 - b3 /);
	child.kill('SIGINT');
	t.strictSame(await closed, [130, null]);
	t.strictSame(scratch(), []);
});

t.test('--watch on a terminal: cleared before each run, until ^C', async (t) => {
	const dir = t.testdir({ 'procready.yaml': 'cases: [{ name: a, shell: "true" }]' });
	await using pty = await openPty([process.execPath, cli, 'test', '--watch', dir], { rows: 24, columns: 80 });
	await pty.see(/\^C ends it/);
	await sleep(100);
	writeFileSync(`${dir}/other`, '');
	await pty.see(/\^C ends it/);
	pty.type('\x03');
	const { status, screen } = await pty.ended;
	t.equal(status, 130);
	t.equal(screen.split('\x1b[2J\x1b[3J\x1b[H').length, 3, 'twice');
});
