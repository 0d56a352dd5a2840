/** Where the cgroups of containers go: in a cgroup namespace whose root holds this process, and in delegated subtrees. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { machine, replace } from '../../controller/host/machine.js';
import { run } from '../../controller/index.js';
import { delegate, uid } from '../support/delegated.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe, top } from '../support/paths.js';

const v2 = readHost().hierarchies.find(({ version, controllers }) => version === 2 && controllers.length > 0);
const skip = !v2 && 'kernel: cgroup v2 has no controllers';
/** A hybrid host may have left v2 another one only: then the place can be shown, but not by what a limit does. */
const skipRest = 'kernel: the controllers are on cgroup v1';
const hasPids = v2?.controllers.includes('pids');
const LIMIT = hasPids ? '--pids-max 2' : '--hugetlb-max 2MB=4M';
const PROGRAM = hasPids ? `${probe} forks` : 'echo 1';
/** What is said of that: the limit of tasks is hit, and nothing else is wrong. */
const report = hasPids ? /^procready: .* exited with status 0 .*\n {2}pids\.max: The limit of 2 tasks was hit/ : /^$/;
const place = v2?.base ? dirname(v2.base) : '';

/** A cgroup that has gone through `cgroup.subtree_control` of the one above. */
function make(path: string, controllers?: string): string {
	mkdirSync(path);
	if (controllers) writeFileSync(join(path, 'cgroup.subtree_control'), controllers);
	return path;
}

const textOf = (path: string) => readFileSync(path, 'utf8').trim();
/** A cgroup in each hierarchy, for `--cgroup-parent`. */
function makeParents(name: string): string[] {
	return readHost().hierarchies.flatMap(({ base }) => (base ? make(join(dirname(base), name)) : []));
}

const containersIn = (path: string) => (existsSync(path) ? childrenOf(path).map((name) => join(path, name)) : []);
const childrenOf = (path: string) =>
	readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));

/** Runs a shell script in the root of a cgroup namespace, as in a Docker container: its cgroup is all it sees. */
async function inNamespace(root: string, script: string, env: Record<string, string> = {}) {
	const enter = `echo $$ > ${root}/cgroup.procs`;
	const { exitCode, stdout, stderr } = await execa(
		'sh',
		[
			'-c',
			`${enter}; exec unshare --cgroup --mount sh -c 'umount -R -l /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; eval "$SCRIPT"'`,
		],
		{
			reject: false,
			env: {
				...env,
				SCRIPT: script,
				CLI: `${process.execPath} ${cli}`,
				NODE: process.execPath,
				LIMIT,
				PROGRAM,
			},
		},
	);
	return { status: exitCode, stdout, stderr };
}

t.test('in the root of a cgroup namespace, alone: it moves into a leaf, and back at its end', { skip }, async (t) => {
	const root = make(join(place, `procready-test-${process.pid}`));
	t.match(await inNamespace(root, 'exec $CLI run $LIMIT -- $PROGRAM'), { status: 0, stdout: '1', stderr: report });
	t.strictSame(childrenOf(root), [], 'no directory is left');
	t.equal(textOf(join(root, 'cgroup.subtree_control')), '', 'no controller is enabled any more');

	const doctor = await inNamespace(root, 'exec $CLI doctor');
	t.match(doctor.stdout, hasPids ? /✓ pids +cgroup v2/ : /✓ hugetlb +cgroup v2/, 'the doctor says so');
	t.strictSame(childrenOf(root), [], 'and leaves nothing either');

	const library = `
		import { run } from '$TOP/dist/controller/index.js';
		import { execFileSync } from 'node:child_process';
		import { readFileSync } from 'node:fs';
		const own = () => readFileSync('/proc/self/cgroup', 'utf8').split('0::')[1].trim().replace(process.pid, 'PID');
		console.log(own());
		for (const text of ['a', 'b']) console.log((await run(['echo', text], { limits: ${hasPids ? '{ pids: 1 }' : "{ hugetlb: { '2MB': '4M' } }"} })).stdout.trim());
		console.log(own());
		console.log(execFileSync(process.execPath, ['${cli}', ...'run ${LIMIT} -- ${PROGRAM}'.split(' ')], { encoding: 'utf8' }));
	`;
	const { stdout, stderr } = await inNamespace(root, `exec $NODE --input-type=module -e "$LIBRARY"`, {
		LIBRARY: library.replace('$TOP/', top),
	});
	t.match(
		{ stdout: stdout.trim().split('\n'), stderr },
		{ stdout: ['/', 'a', 'b', '/procready-controller-PID', '1'], stderr: report },
		'once, and what it starts finds its place',
	);
	t.strictSame(childrenOf(root), []);

	make(join(root, 'procready-controller-1'));
	t.equal((await inNamespace(root, 'exec $CLI run $LIMIT -- true')).status, 0);
	t.strictSame(childrenOf(root), [], 'the leaf of one that was killed is removed');
	rmdirSync(root);
});

t.test(
	'in the root of a cgroup namespace, with others: nobody is moved, and the error says what would help',
	{ skip },
	async (t) => {
		const root = make(join(place, `procready-test-${process.pid}`));
		const { status, stdout, stderr } = await inNamespace(root, 'echo $$; $CLI run $LIMIT -- true; exit $?');
		t.equal(status, 125);
		t.match(stderr, new RegExp(`^procready: /sys/fs/cgroup holds processes \\(.*\\b${stdout}\\b.*\\), so .*mkdir `));
		t.strictSame(childrenOf(root), []);
		const advice = 'mkdir /sys/fs/cgroup/rest; echo $$ > /sys/fs/cgroup/rest/cgroup.procs';
		t.match(await inNamespace(root, `${advice}; $CLI run $LIMIT -- $PROGRAM; exit $?`), {
			status: 0,
			stdout: '1',
		});
		t.strictSame(childrenOf(root), ['rest']);
		rmdirSync(join(root, 'rest'));
		rmdirSync(root);
	},
);

t.test(
	'in a cgroup of somebody else: only what is needed is enabled, and disabled by the last of ours',
	{ skip },
	async (t) => {
		const name = `procready-test-parent-${process.pid}`;
		const parents = makeParents(name);
		const parent = join(place, name);
		const enabled = () => textOf(join(parent, 'cgroup.subtree_control'));
		const needed = hasPids ? 'memory pids' : 'hugetlb';
		const args = [cli, 'run', '--json', '-', '--cgroup-parent', name, ...LIMIT.split(' '), '--'];
		const once = () => execa(process.execPath, [...args, 'true']);
		const start = async (before: string[] = []) => {
			const [command = '', ...rest] = [...before, process.execPath, ...args, 'sh', '-c', 'echo >&2; read x'];
			const child = execa(command, rest, { stdin: 'pipe', reject: false });
			await new Promise((done) => child.stderr?.once('data', done));
			const end = async () => {
				child.stdin?.end();
				return JSON.parse((await child).stdout);
			};
			return { child, end };
		};
		const clean = (what: string) => {
			t.strictSame([enabled(), childrenOf(parent)], ['', []], what);
		};

		const one = await start();
		t.equal(enabled(), needed, 'only what is needed');
		const two = await start();
		const { usage } = await one.end();
		t.equal(enabled(), needed, 'as long as another needs it');
		t.ok(usage.cpu.total > 0, 'processor time is counted all the same');
		await two.end();
		clean('the last one disables it');
		await execa('sh', ['-c', 'echo $$ > "$0/cgroup.procs"', parent]);
		t.pass('and processes may enter it');

		await Promise.all(Array.from({ length: 6 }, once));
		clean('of many at once too');

		const controller = needed.split(' ')[0] as string;
		const limit = hasPids ? ['memory.max', '1G'] : ['hugetlb.2MB.max', '4M'];
		writeFileSync(join(parent, 'cgroup.subtree_control'), `+${controller}`);
		await once();
		t.strictSame([enabled(), childrenOf(parent)], [controller, []], 'what somebody else has enabled stays');
		writeFileSync(join(parent, 'cgroup.subtree_control'), `-${controller}`);

		const theirs = make(join(parent, 'theirs'));
		await once();
		t.strictSame([enabled(), childrenOf(parent)], ['', ['theirs']], 'a cgroup without limits of it is no obstacle');
		const three = await start();
		writeFileSync(join(theirs, limit[0] as string), limit[1] as string);
		await three.end();
		t.strictSame(
			[enabled(), childrenOf(parent)],
			[controller, ['theirs']],
			'a limit that somebody has set meanwhile stays',
		);
		writeFileSync(join(parent, 'cgroup.subtree_control'), `-${controller}`);
		rmdirSync(theirs);
		const four = await start();
		make(theirs);
		await four.end();
		t.strictSame([enabled(), childrenOf(parent)], [needed, ['theirs']], 'and so does what a later cgroup may rely on');
		rmdirSync(theirs);
		writeFileSync(join(parent, 'cgroup.subtree_control'), needed.replace(/\b(?=\w)/g, '-'));

		const runner = make(join(place, `procready-test-runner-${process.pid}`));
		const five = await start(['sh', '-c', 'echo $$ > "$0/cgroup.procs"; exec "$@"', runner]);
		writeFileSync(join(runner, 'cgroup.kill'), '1');
		await five.child;
		t.equal(enabled(), needed, 'all of ours are killed at once');
		for (const path of parents.flatMap((one) => containersIn(join(one, 'procready')))) utimesSync(path, 0, 0);
		await once();
		clean('the next one disables it');
		while (textOf(join(runner, 'cgroup.events')).includes('populated 1')) await sleep(20);
		for (const path of [runner, ...parents]) rmdirSync(path);
	},
);

t.test('controllers that somebody takes away while a launch begins', { skip }, async (t) => {
	const name = `procready-test-parent-${process.pid}`;
	const parents = makeParents(name);
	const parent = join(place, name);
	const writeText = machine.writeText;
	/** Somebody who is as quick as that, so many times. */
	const takingAway = (times: number) =>
		replace({
			writeText(path, text) {
				writeText(path, text);
				if (path === join(parent, 'cgroup.subtree_control') && text.startsWith('+') && times-- > 0)
					writeText(path, text.replaceAll('+', '-'));
			},
		});
	const limits = hasPids ? { pids: 2 } : { hugetlb: { '2MB': '4M' } };
	const launch = () => run(['true'], { limits, cgroupParent: name });
	const idle = async () => {
		while (existsSync(join(parent, 'procready'))) await sleep(20);
	};
	{
		using _ = takingAway(3);
		t.match(await launch(), { exitCode: 0 }, 'it is tried again');
	}
	await idle();
	{
		using _ = takingAway(Number.POSITIVE_INFINITY);
		await t.rejects(launch(), {
			code: 'controller-missing',
			errno: 'ENOENT',
			message: /^cannot enable the cgroup controllers .* in .*, because .* somebody takes them away again and again/,
		});
	}
	t.equal((await launch()).exitCode, 0);
	await idle();
	t.strictSame([textOf(join(parent, 'cgroup.subtree_control')), childrenOf(parent)], ['', []], 'nothing is left');
	for (const path of parents) rmdirSync(path);
});

t.test('PROCREADY_NO_MOVE=1: it stays where it is', { skip }, async (t) => {
	const root = make(join(place, `procready-test-${process.pid}`));
	const { status, stderr } = await inNamespace(root, 'exec $CLI run $LIMIT -- true', { PROCREADY_NO_MOVE: '1' });
	t.equal(status, 125);
	t.match(stderr, /^procready: .* PROCREADY_NO_MOVE forbids/);
	const doctor = await inNamespace(root, 'exec $CLI doctor', { PROCREADY_NO_MOVE: '1' });
	t.match(doctor.stdout, /✗ directories .* PROCREADY_NO_MOVE forbids .*\n.*\n +→ unset PROCREADY_NO_MOVE\n/);
	t.strictSame(childrenOf(root), []);
	rmdirSync(root);
});

t.test(
	'in a container of procready, also one that sees the cgroups of the host: in its own, whose limits bind',
	async (t) => {
		for (const namespaces of ['', '--ns mount=host --ns pid=host']) {
			const outer = `${namespaces} --pids-max 40 --json -`;
			const { stdout } = await execa('sh', ['-c', `$CLI run ${outer} -- $CLI run --pids-max 60 -- ${probe} forks`], {
				env: { CLI: `${process.execPath} ${cli}` },
				stderr: 'ignore',
			});
			const [children, ...json] = stdout.split('\n');
			t.ok(Number(children) < 40, `${children} children`);
			t.match(JSON.parse(json.join('\n')), { exitCode: 0, usage: { tasks: { peak: 40 } } });
		}
		t.strictSame(await leftoversAfter('no process'), []);
	},
);

t.test(
	'in a container that sees its cgroup read-only: that is what is in the way',
	{ skip: !hasPids && skipRest },
	async (t) => {
		const inner = '$CLI run --pids-max 2 -- true';
		const mounts = '--mount type=cgroup,dst=/sys/fs/cgroup,ro';
		const { stderr } = await execa('sh', ['-c', `$CLI run ${mounts} -- ${inner}`], {
			env: { CLI: `${process.execPath} ${cli}` },
			reject: false,
		});
		t.match(
			stderr,
			/^procready: cannot make the cgroup .*: read-only file system \(EROFS\); it is mounted read-only: .*--mount type=cgroup,dst=.*,rw/,
		);
	},
);

t.test('a user to whom a subtree is delegated', { skip: !hasPids && skipRest }, async (t) => {
	const user = delegate();
	const own = dirname(user.bases[0] ?? '');
	const inside = (path: string) => `chown -R ${uid} ${path}; echo $$ > ${path}/cgroup.procs`;
	const forks = '$CLI run --pids-max 2 -- $PROBE forks';

	await t.test('as in a session of systemd: below the first cgroup of its own that holds no processes', async (t) => {
		const slice = make(join(own, 'app.slice'));
		const scope = make(join(slice, 'one.scope'));
		t.match(await user.run(forks, `chown -R ${uid} ${slice}; ${inside(scope)}`), {
			status: 0,
			stdout: '1',
			stderr: report,
		});
		t.match(
			await user.run('exec $CLI run --cpu-max 8 -- echo started', inside(scope)),
			{ status: 0, stdout: /^started$/, stderr: /^$/ },
			'controllers are enabled where all above is delegated',
		);
		for (const path of [scope, slice]) rmdirSync(path);
	});

	await t.test('as in a scope with Delegate=yes: alone there it moves into a leaf', async (t) => {
		const slice = make(join(place, `procready-test-${process.pid}`), '+pids +memory');
		const scope = make(join(slice, 'one.scope'));
		t.match(await user.run(`exec ${forks}`, inside(scope)), { status: 0, stdout: '1', stderr: report });
		t.strictSame(childrenOf(scope), []);
		const { status, stderr } = await user.run('exec $CLI run --cpu-max 0.5 -- true', inside(scope));
		t.equal(status, 125);
		t.match(
			stderr,
			new RegExp(`cpu.max: the cgroup controller "cpu" is not delegated to this user \\(uid ${uid}\\): .*Delegate=`),
		);
		t.strictSame(childrenOf(scope), []);
		for (const path of [scope, slice]) rmdirSync(path);
	});

	await t.test('beside its shell: it says what is in the way, and the way out is one', async (t) => {
		const session = make(join(place, `procready-test-${process.pid}`), '+pids +memory');
		const mine = make(join(session, 'mine'));
		const { status, stderr } = await user.run('$CLI run --pids-max 2 -- true; exit $?', inside(mine));
		t.equal(status, 125);
		t.match(stderr, new RegExp(`^procready: ${mine} holds processes \\(\\d+\\), so .*mkdir ${mine}/rest; echo PID`));
		const advice = `mkdir ${mine}/rest; echo $$ > ${mine}/rest/cgroup.procs`;
		t.match(await user.run(`${advice}; ${forks}; exit $?`, inside(mine)), { status: 0, stdout: '1' });
		for (const path of [join(mine, 'rest'), mine, session]) rmdirSync(path);
	});

	await t.test('what is not delegated to it', async (t) => {
		const session = make(join(place, `procready-test-${process.pid}`));
		const enter = `echo $$ > ${session}/cgroup.procs`;
		const refused = await user.run('$CLI run -- true', enter);
		t.equal(refused.status, 125);
		t.match(refused.stderr, /^procready: .* is not delegated to this user: .*; procready doctor says how/);
		t.equal(refused.stderr.includes('systemd-run'), existsSync('/run/systemd/system'), 'only where it is there');
		const moved = await user.run(`$CLI run --cgroup-parent ${own.replace(v2?.mountPoint ?? '', '')} -- true`, enter);
		t.equal(moved.status, 125);
		t.match(moved.stderr, /^procready: clone3: the cgroup.procs of the next cgroup above both/);
		t.strictSame(await leftoversAfter('no process'), []);
		rmdirSync(session);
	});

	t.strictSame(
		user.bases.filter((base) => existsSync(base)),
		[],
	);
	user.remove();
});
