/**
 * What fails of procready itself: a sentence and 125 of the command line, a ProcreadyError of the library, and never more than
 * that: what else there is to do is done, and nothing is left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Stats } from '../../controller/index.js';
import { bases, leftoversAfter } from '../support/leftovers.js';
import { cli, python } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** As somebody does who tidies up: moves what is in the container's cgroups to our own, and removes them. */
function removeCgroups(id: string): string[] {
	const paths = bases.map((base) => join(base, id)).filter(existsSync);
	for (const path of paths) {
		const above = dirname(dirname(path));
		const to = existsSync(join(above, 'caller')) ? join(above, 'caller') : above;
		for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
			writeFileSync(join(to, 'cgroup.procs'), pid);
		rmdirSync(path);
	}
	return paths;
}

async function drain(samples: AsyncIterable<Stats>): Promise<void> {
	for await (const _ of samples);
}

t.test('the cgroups are removed by somebody else', async (t) => {
	await using container = await Container.launch(['sleep', '86427'], { limits: { pids: 10, memory: '64M' } });
	const watched = drain(container.samples({ interval: 20 }));
	const removed = removeCgroups(container.id);
	container.kill('SIGTERM');
	const { signal, verdict, usage, notes } = await container.wait();
	t.equal(signal, 'SIGTERM');
	t.strictSame(verdict.causes, []);
	t.match(usage, { tasks: { peak: null, refused: null }, memory: { peak: null, oomKills: null } });
	t.equal(notes?.length, 1);
	for (const path of removed) t.ok(notes?.[0]?.includes(path), path);
	await watched;
	t.strictSame(await leftoversAfter('86427'), []);
});

t.test('the same for the command line: its status is that of the command, and it ends', async (t) => {
	const name = `own-errors-${process.pid}`;
	const child = spawn(process.execPath, [cli, 'run', '--name', name, '--', 'sh', '-c', 'echo; read line; exit 4']);
	const said = text(child.stderr);
	await once(child.stdout, 'data');
	const { id } = JSON.parse((await execa(process.execPath, [cli, 'ps', '--json'])).stdout).find(
		(one: { name: string }) => one.name === name,
	);
	removeCgroups(id);
	child.stdin.end('\n');
	t.equal((await once(child, 'exit'))[0], 4);
	t.match(await said, /\n {4}note +removed by somebody else while the program ran: \//);
	t.strictSame(await leftoversAfter(name), []);
});

/** Runs a shell script in a mount namespace of its own; $P is the command line. */
function inMountNamespace(script: string) {
	return execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', `set -e; cd ${directory}; ${script}`], {
		reject: false,
		env: { P: `${process.execPath} ${cli}` },
	});
}

t.test('the host does not take what is written', async (t) => {
	const run = 'mkdir -p /run/procready; mount -t tmpfs -o size=4k tmpfs /run/procready; cd /run/procready';
	const bases = readHost().hierarchies.flatMap(({ base }) => base ?? []);
	for (const [what, script, message] of [
		[
			'no room for the state file',
			`${run}; head -c 4096 /dev/zero >full; $P run --name n -- true || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: ENOSPC: its file system is full: make room there$/,
		],
		[
			'no room for all of it',
			`${run}; : >full; $P run --name n -- true $(seq 2000) || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: ENOSPC: its file system is full/,
		],
		[
			'no file may have a size',
			`${run}; : >full; ulimit -f 0; $P run --name n -- true || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: EFBIG: .* raise RLIMIT_FSIZE \(ulimit -f\)$/,
		],
		[
			'all is read-only',
			`mkdir -p ${bases.join(' ')}; for m in $(awk '{ print $2 }' /proc/mounts); do mount -o remount,bind,ro $m 2>/dev/null || :; done; $P run -- true || echo $?; echo full`,
			/^procready: cannot make the cgroup \/.*: read-only file system \(EROFS\); it is mounted read-only: /,
		],
		[
			'the state file is on a read-only file system',
			`${run}; : >full; mount -o remount,ro /run/procready; $P run --name n -- true || echo $?; ls`,
			/^procready: --name: cannot write \/run\/procready\/n\.json: EROFS: its file system is read-only: /,
		],
		[
			'the working directory was removed',
			'mkdir gone; cd gone; rmdir ../gone; $P run -- pwd || echo $?; echo full',
			/^procready: "\." begins in the working directory, which was removed: give an absolute path$/,
		],
	] as const) {
		const { stdout, stderr } = await inMountNamespace(script);
		t.equal(stdout, '125\nfull', what);
		t.match(stderr, message, what);
	}
	t.strictSame(await leftoversAfter('no process'), []);
});

writeFileSync(
	join(directory, 's.yaml'),
	`name: s
after: touch ${directory}/torn-down
cases:
  - { name: one, command: ["true"] }
  - { name: two, command: [sleep, "0.5"] }
`,
);

/** What comes of a line of bash in our directory: of a pipe the first that failed. $P is the command line. */
async function ending(line: string) {
	rmSync(join(directory, 'torn-down'), { force: true });
	const { exitCode, stdout, stderr } = await execa('bash', ['-o', 'pipefail', '-c', line], {
		cwd: directory,
		reject: false,
		env: { P: `${process.execPath} ${cli}` },
	});
	return { status: exitCode, stdout, stderr, isTornDown: existsSync(join(directory, 'torn-down')) };
}

const exit4 = `sh -c 'exit 4'`;

t.test('what was asked for cannot be written', async (t) => {
	const stdout = /^procready: stdout: cannot be written: ENOSPC: its file system is full: make room there$/m;
	const to = (place: string) => new RegExp(`^procready: ${place}: cannot be written: ENOSPC: `, 'm');
	for (const [line, message] of [
		['$P --help >/dev/full', stdout],
		['$P --version >/dev/full', stdout],
		['$P help run >/dev/full', stdout],
		['$P run --help >/dev/full', stdout],
		['$P ps >/dev/full', stdout],
		['$P ps --json >/dev/full', stdout],
		['$P doctor >/dev/full', stdout],
		['$P run --dry-run -- true >/dev/full', stdout],
		[`$P run --json - -- ${exit4} >/dev/full`, stdout],
		['$P run --json - -- /none >/dev/full', stdout],
		['$P run -t -- echo x >/dev/full', to('what the program printed')],
		['$P sweep pids.max=1..2 -- true >/dev/full', stdout],
		['$P search pids.max -- true >/dev/full', stdout],
		['$P test s.yaml >/dev/full', stdout],
		['$P test -r jsonl s.yaml >/dev/full', stdout],
		['$P test -r junit=/dev/full -r tap s.yaml', to('--reporter junit=/dev/full')],
		['GITHUB_STEP_SUMMARY=/dev/full $P test -r github s.yaml', to('--reporter github: GITHUB_STEP_SUMMARY /dev/full')],
		[`$P run --json /dev/full -- ${exit4}`, to('--json /dev/full')],
		[`$P run --html /dev/full -- ${exit4}`, to('--html /dev/full')],
		['$P sweep pids.max=1..2 --csv /dev/full -- true', to('--csv /dev/full')],
		['$P run --save-budget /dev/full --repeat 8 -- true', to('--save-budget /dev/full')],
	] as const) {
		const { status, stderr, isTornDown } = await ending(line);
		t.equal(status, 125, line);
		t.match(stderr, message, line);
		t.notMatch(stderr, /^ {4}at /m, line);
		t.equal(isTornDown, line.includes('$P test'), line);
	}
	t.equal((await ending(`$P run --json /dev/full --html page.html -- ${exit4}`)).status, 125);
	t.ok(existsSync(join(directory, 'page.html')), 'what can be written is');
});

t.test('whoever read it has gone, or nobody asked for it', async (t) => {
	for (const [line, status] of [
		['$P --help | true', 0],
		['$P ps --json | true', 0],
		['$P doctor --json | true', 0],
		['$P run --dry-run -- true | true', 0],
		['$P run --json - -- true | true', 0],
		[`$P run --json - -- ${exit4} | true`, 4],
		['$P run --json - -- /none 2>/dev/null | true', 127],
		['$P run -t -- sh -c "echo x; exit 4" | cat >/dev/null', 4],
		['$P test s.yaml | true', 0],
		['$P test s.yaml | head -n 1 >/dev/null', 0],
		['$P sweep pids.max=1..2 -- true | true', 0],
		[`$P run --verbose -- ${exit4} 2>/dev/full`, 4],
		[`$P run --watch -- ${exit4} 2>/dev/full`, 4],
		[`{ $P run --verbose -- ${exit4} 2>&1 >&3 | true; } 3>/dev/null`, 4],
		['$P run -- /none 2>/dev/full', 127],
		['$P run --bogus 2>/dev/full', 125],
		['$P bogus 2>/dev/full', 125],
		['$P test --bogus 2>/dev/full', 2],
	] as const) {
		const came = await ending(line);
		t.strictSame({ status: came.status, stderr: came.stderr }, { status, stderr: '' }, line);
		t.equal(came.isTornDown, line.includes('$P test s'), line);
	}
});

t.test('files that are named and are not there, or are none', async (t) => {
	const none = 'ENOENT: it is not there, or the directory above it is not';
	const place = 'ENOTDIR: what is above it is not a directory';
	for (const [line, message] of [
		['$P run --json /none/x -- sh -c "echo it ran >&2"', `--json /none/x: cannot be written: ${none}`],
		['$P run --html /none/x -- sh -c "echo it ran >&2"', `--html /none/x: cannot be written: ${none}`],
		[
			'$P run --json . -- sh -c "echo it ran >&2"',
			'--json .: cannot be written: EISDIR: it is a directory: name a file',
		],
		['$P run --json s.yaml/x -- sh -c "echo it ran >&2"', `--json s.yaml/x: cannot be written: ${place}`],
		['$P run --spec /none/x', `--spec: cannot read /none/x: ${none}`],
		['$P run --spec .', '--spec: cannot read .: it is a directory, and must be a file'],
		['$P run --seccomp /none/x -- true', `--seccomp: cannot read /none/x: ${none}`],
		['$P run --check-budget /none/x -- true', `--check-budget: /none/x: cannot be read: ${none}`],
		[
			'$P run --save-budget /none/x --repeat 8 -- sh -c "echo it ran >&2"',
			`--save-budget /none/x: cannot be written: ${none}`,
		],
		['$P sweep pids.max=1..2 --csv /none/x -- true >/dev/null', `--csv /none/x: cannot be written: ${none}`],
	] as const) {
		const { status, stderr } = await ending(line);
		t.strictSame({ status, stderr }, { status: 125, stderr: `procready: ${message}` }, line);
	}
	t.match(await ending('$P search pids.max --state /none/x -- true'), {
		status: 125,
		stderr: `\nprocready: --state: /none/x: cannot be written: ${none}`,
	});
	t.match(await ending('$P test -r junit=s.yaml/x s.yaml'), {
		status: 2,
		stderr: 'procready: --reporter: s.yaml/x cannot be written: EEXIST: something else is there already',
	});
});

t.test('a case that this host does not let run fails with a sentence, and the tear-down is done', async (t) => {
	const fill = 'cd $SUITE_DIR; touch .after; i=0; while touch $i 2>/dev/null; do i=$((i + 1)); done; true';
	writeFileSync(
		join(directory, 'full.yaml'),
		JSON.stringify({
			name: 'full',
			before: fill,
			after: `touch ${directory}/full-after`,
			cases: [{ name: 'one', command: ['true'] }],
		}),
	);
	const script = 'mkdir -p tmp; mount -t tmpfs -o nr_inodes=20 tmpfs tmp; TMPDIR=$PWD/tmp $P test full.yaml || echo $?';
	const { stdout, stderr } = await inMountNamespace(script);
	t.match(stdout, /^ {4}not ok 1 - one .*found: .*ENOSPC: its file system is full: make room there.*\n125$/ms);
	t.equal(stderr, '');
	t.ok(existsSync(join(directory, 'full-after')));
});

t.test('a fault that nobody awaits ends with a sentence, and the container with it', async (t) => {
	writeFileSync(join(directory, 'fault.cjs'), 'setTimeout(() => { throw new TypeError("x"); }, 500).unref();');
	const { status, stderr } = await ending('NODE_OPTIONS=--require=./fault.cjs $P run -- sleep 86429');
	t.equal(status, 125);
	t.match(stderr, /^procready: a fault of procready itself: TypeError: x, at .*fault\.cjs:1:\d+\)$/);
	t.strictSame(await leftoversAfter('86429'), []);
});

t.test("the flags of the caller's pipes stay as they are, whoever reads them late gets all", async (t) => {
	const name = `own-errors-flags-${process.pid}`;
	const script = `
import fcntl, os, subprocess, sys, time
command = sys.argv[1:]
others = subprocess.Popen(command + ['run', '--name', '${name}', '--', 'sleep', '86428'])
time.sleep(1)
for flags in (0, os.O_NONBLOCK):
    # to a child that inherits it libuv gives a blocking one
    watch = ['run --watch -- sleep 0.5'] if flags == 0 else []
    for words in ['test s.yaml', 'run -t -- sh -c "echo x; sleep 0.5"', 'stats --json --count 2 ${name}'] + watch:
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETFL, flags)
        child = subprocess.Popen(['sh', '-c', 'exec "$@" ' + words, 'sh', *command], stdin=writing, stdout=writing, stderr=writing)
        os.read(reading, 1)
        print(fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK == flags, child.wait())
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, flags)
    child = subprocess.Popen(command + ['run', '--dry-run', '--', 'true', 'x' * 100000, 'x' * 100000], stdout=writing)
    os.close(writing)
    time.sleep(0.5)
    print(len(os.fdopen(reading).read()) > 200000, child.wait())
others.terminate()
others.wait()
`;
	const { stdout } = await execa(python, ['-c', script, process.execPath, cli], { cwd: directory });
	t.equal(stdout, 'True 0\n'.repeat(9).trimEnd());
	t.strictSame(await leftoversAfter('86428'), []);
});
