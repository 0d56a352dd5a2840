/**
 * podman with this runtime, and with crun: each scenario has to come to the same. crun refuses hosts that have cgroup v1 and
 * v2, so podman runs where the v2 hierarchy is not mounted. There is no registry here: the images are root file systems.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { removeCgroups, runtime, withEngines } from '../support/oci.js';
import { makeRootfs } from '../support/rootfs.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-podman-'));
const rootfs = makeRootfs();
/** The cgroup that podman makes its own in. */
const parent = `procready-podman-${process.pid}`;
const config = join(directory, 'containers.conf');
const given = join(directory, 'given');

mkdirSync(given);
writeFileSync(join(given, 'file'), 'given\n');
mkdirSync(join(rootfs.path, 'var/kept'), { mode: 0o701 });
writeFileSync(join(rootfs.path, 'var/kept/file'), 'of the image\n');
// as root of a virtual machine that may raise no limit
writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\npids_limit = 0\n');

/** A shell script in which `p` is podman, and R what runs the root file system. */
async function podman(name: 'crun' | 'ours', script: string): Promise<string> {
	const where = join(directory, name);
	const flags = [
		...['--root', join(where, 'root'), '--runroot', join(where, 'run'), '--tmpdir', join(where, 'tmp')],
		...['--cgroup-manager', 'cgroupfs', '--storage-driver', 'vfs', '--events-backend', 'file'],
		...['--runtime', name === 'crun' ? '/usr/bin/crun' : runtime],
	];
	const whole = [
		`export CONTAINERS_CONF=${config}`,
		`podman_with_stdin() { podman ${flags.join(' ')} "$@"; }`,
		'p() { podman_with_stdin "$@" </dev/null; }',
		`R="--cgroup-parent /${parent} --network none --rootfs ${rootfs.path}"`,
		script,
	].join('\n');
	const { status, stdout } = await withEngines(directory, whole);
	return `${stdout}status ${status}\n`;
}

const quiet = '>/dev/null 2>&1';

/** What is expected is a part of what both come to, so that none of them agrees in failing. */
const scenarios: [name: string, script: string, expected: string][] = [
	['run', 'p run --rm $R echo hello', 'hello\nstatus 0'],
	['its status', "p run --rm $R sh -c 'exit 7'", 'status 7'],
	['one task', 'p run --rm --pids-limit 1 $R true', 'status 0'],
	['little memory', 'p run --rm --memory 512k $R true', 'status 0'],
	['a command that is not there', 'p run --rm $R nonesuch', 'status 127'],
	['a command that is no program', 'p run --rm $R /etc/passwd', 'status 126'],
	['a read-only root', "p run --rm --read-only $R sh -c 'touch /x; touch /tmp/x && echo ok'", 'ok\nstatus 0'],
	['a tmpfs with its size', "p run --rm --tmpfs /tmp:size=64k $R df -k /tmp | awk '{ print $2 }'", '64'],
	[
		'what a tmpfs covers is copied',
		"p run --rm --tmpfs /var/kept $R sh -c 'cat /var/kept/file; stat -c %a /var/kept/file'",
		'of the image\n644',
	],
	[
		'a device',
		"p run --rm --device /dev/null:/dev/other $R sh -c 'echo x >/dev/other && stat -c %F /dev/other'",
		'character special file',
	],
	['a terminal', "p run --rm -t $R sh -c 'tty'", '/dev/pts/0'],
	['stdin', 'echo typed | podman_with_stdin run -i --rm $R cat', 'typed'],
	['its name', 'p run --rm --hostname box $R hostname', 'box'],
	['another user', 'p run --rm -u 1000:1000 $R id', 'uid=1000(user) gid=1000(user)'],
	['no capabilities', 'p run --rm --cap-drop ALL $R grep CapEff /proc/self/status', '0000000000000000'],
	['privileged', 'p run --rm --privileged $R true', 'status 0'],
	[
		'a parameter of the kernel',
		'p run --rm --sysctl net.ipv4.ip_forward=1 $R cat /proc/sys/net/ipv4/ip_forward',
		'1\n',
	],
	[
		'half a processor',
		"p run --rm --cpus 0.5 $R sh -c 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max' 2>/dev/null | cut -c1-5",
		'50000',
	],
	['a volume', `p run --rm -v ${given}:/v:ro $R sh -c 'cat /v/file; touch /v/x'`, 'given\nstatus 1'],
	['the environment', "p run --rm -e A=1 -w /tmp $R sh -c 'echo $A $PWD'", '1 /tmp'],
	['no more rights', 'p run --rm --security-opt no-new-privileges $R grep NoNewPrivs /proc/self/status', '1'],
	[
		'create and start',
		`p create --name c $R sh -c 'exit 4' ${quiet}; p start -a c; echo $?; p rm c ${quiet}`,
		'4\nstatus 0',
	],
	[
		'exec',
		`p run -d --name c $R sleep 100 ${quiet}
		p exec c sh -c 'echo inside; exit 5'; echo $?
		p exec -e A=1 -w /tmp -u 1000:1000 c sh -c 'echo $A $PWD; id -u'; echo $?
		p exec c nonesuch; echo $?
		p exec -d c sleep 50 ${quiet}; echo $?; sleep 0.2; p exec c sh -c 'ps | grep -c "[s]leep 50"'
		p rm -f -t 0 c ${quiet}`,
		'inside\n5\n1 /tmp\n1000\n0\n127\n0\n1\n',
	],
	[
		'pause',
		`p run -d --name c $R sleep 100 ${quiet}
		p pause c ${quiet}; echo $?; p inspect c --format '{{.State.Status}}'
		p unpause c ${quiet}; echo $?; p inspect c --format '{{.State.Status}}'; p rm -f -t 0 c ${quiet}`,
		'0\npaused\n0\nrunning\n',
	],
	[
		'logs and stop',
		`p run -d --name c $R sh -c 'trap "echo bye; exit 3" TERM; echo began; while :; do sleep 0.05; done' ${quiet}
		until p logs c | grep -q began; do sleep 0.1; done
		p stop -t 5 c ${quiet}; echo $?; p logs c; p inspect c --format '{{.State.ExitCode}} {{.State.OOMKilled}}'; p rm c ${quiet}; echo $?`,
		'0\nbegan\nbye\n3 false\n0\n',
	],
	[
		'kill',
		`p run -d --name c $R sleep 100 ${quiet}
		p kill c ${quiet}; echo $?; p wait c; p rm c ${quiet}; echo $?`,
		'0\n137\n0\n',
	],
	[
		'restart',
		`p run -d --name c $R sleep 100 ${quiet}
		p restart -t 0 c ${quiet}; echo $?; p inspect c --format '{{.State.Status}}'; p rm -f -t 0 c ${quiet}`,
		'0\nrunning\n',
	],
	[
		'top',
		`p run -d --name c $R sleep 100 ${quiet}
		p top c args; p rm -f -t 0 c ${quiet}`,
		'sleep 100',
	],
	['more memory than there is', "p run --rm --memory 8m $R sh -c 'x=a; while :; do x=$x$x; done'", 'status 137'],
];

for (const [name, script, expected] of scenarios)
	t.test(name, async (t) => {
		const [theirs, ours] = [await podman('crun', script), await podman('ours', script)];
		t.ok(ours.includes(expected), `${JSON.stringify(ours)} has ${JSON.stringify(expected)}`);
		t.equal(ours, theirs, 'as with crun');
	});

t.test('nothing is left', async (t) => {
	for (const name of ['crun', 'ours'] as const) t.match(await podman(name, 'p ps -aq | wc -l'), '0\n');
	removeCgroups(parent);
	rmSync(directory, { recursive: true });
	rootfs.remove();
});
