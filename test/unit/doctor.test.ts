/** What the doctor says of hosts of all kinds. */
import t from 'tap';
import { uses } from '../../controller/doctor/capabilities.js';
import { isReadOnly, parseControllers } from '../../controller/doctor/cgroups.js';
import { groups } from '../../controller/doctor/check.js';
import { diagnose } from '../../controller/doctor/diagnose.js';
import type { Facts } from '../../controller/doctor/facts.js';
import { subordinateIds } from '../../controller/doctor/gather.js';
import { isAtLeast } from '../../controller/doctor/host-checks.js';
import { doctorText } from '../../controller/doctor/text.js';
import { containerFlags, namespaceFlags, networkFlags, processFlags, rootFlags } from '../../controller/flags/flags.js';
import { limitFlags } from '../../controller/flags/limits.js';
import { capabilityNames } from '../../controller/plan/capabilities.js';
import * as hosts from '../fixtures/doctor/hosts.js';

/** The names of what is not ok, with the state. */
function complaints(facts: Facts): Record<string, string> {
	const bad = diagnose(facts).results.filter(({ state }) => state !== 'ok');
	return Object.fromEntries(bad.map(({ name, state }) => [name, state]));
}

function resultOf(facts: Facts, name: string) {
	return diagnose(facts).results.find((one) => one.name === name);
}

function sentence(facts: Facts): string {
	return diagnose(facts).verdict.sentence;
}

t.test('cgroup v2 and root: everything works', async (t) => {
	t.strictSame(complaints(hosts.pureV2), {});
	t.equal(
		sentence(hosts.pureV2),
		'Limits can be enforced: pids, memory, cpu, cpuset, io, hugetlb, rdma, misc, devices, freezer.',
	);
	t.strictSame(diagnose(hosts.pureV2).verdict.refused, []);
});

t.test('cgroup v1: limits can be enforced; what only v2 has is named', async (t) => {
	t.strictSame(complaints(hosts.v1Only), {
		hierarchy: 'limited',
		rdma: 'missing',
		misc: 'missing',
		'pids.peak': 'missing',
		'pids.events.local': 'limited',
		'cgroup.kill': 'limited',
		'clone-into': 'limited',
		pressure: 'limited',
	});
	t.match(resultOf(hosts.v1Only, 'hierarchy'), {
		finding: 'cgroup v1: cpu, cpuacct, memory, pids, cpuset, blkio, devices, freezer, hugetlb',
		remedies: ['boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line'],
	});
	t.match(resultOf(hosts.v1Only, 'io'), { state: 'ok', finding: /blkio/ });
	t.equal(diagnose(hosts.v1Only).verdict.enforceable, true);
});

t.test('hybrid: each controller is looked for where it is', async (t) => {
	t.match(resultOf(hosts.hybrid, 'hierarchy'), {
		finding: 'hybrid: cpu, cpuacct, memory, pids, devices, freezer on v1; hugetlb on v2',
	});
	t.match(resultOf(hosts.hybrid, 'memory'), { state: 'ok', finding: /^cgroup v1/ });
	t.match(resultOf(hosts.hybrid, 'hugetlb'), { state: 'ok', finding: /^cgroup v2, .*by the first launch/ });
	t.match(resultOf(hosts.hybrid, 'cpuset'), {
		state: 'missing',
		remedies: ['mkdir /sys/fs/cgroup/cpuset && mount -t cgroup -o cpuset cpuset /sys/fs/cgroup/cpuset'],
	});
	t.equal(diagnose(hosts.hybrid).verdict.enforceable, true);
});

t.test('Docker: the cgroups are read-only, and the container must be started in another way', async (t) => {
	const { verdict } = diagnose(hosts.docker);
	t.equal(verdict.enforceable, false);
	t.equal(verdict.sentence, 'Limits cannot be enforced: /sys/fs/cgroup is mounted read-only.');
	for (const name of ['directories', 'rdma', 'user'])
		t.strictSame(resultOf(hosts.docker, name)?.remedies, ['docker run --privileged --cgroupns=private …'], name);
	t.match(resultOf(hosts.docker, 'misc'), { finding: 'what lies above /sys/fs/cgroup does not pass it on' });
	t.match(resultOf(hosts.docker, 'CAP_SYS_ADMIN'), { state: 'missing' });
});

t.test('Docker, privileged: the processes in the root of its cgroups have to go one level down', async (t) => {
	t.match(resultOf(hosts.dockerPrivileged, 'directories'), {
		state: 'missing',
		finding: /hold processes/,
		remedies: [/mkdir \/sys\/fs\/cgroup\/rest && .*cgroup\.procs/],
	});
});

t.test('without root and without delegation: how to get it', async (t) => {
	const facts = hosts.userWithoutDelegation;
	t.equal(
		sentence(facts),
		'Limits cannot be enforced: the caller may not make a cgroup in /sys/fs/cgroup/user.slice/user-1000.slice.',
	);
	t.strictSame(resultOf(facts, 'directories')?.remedies, [
		'systemd-run --user --scope -p Delegate=yes $SHELL',
		'sudo procready …',
	]);
	t.match(resultOf(facts, 'newuidmap'), { remedies: ['sudo usermod --add-subuids 100000-165535 ada'] });
	t.match(resultOf(facts, 'newgidmap'), { remedies: ['sudo apt-get install uidmap'] });
	t.match(resultOf(facts, 'memory.peak'), { state: 'limited', finding: /not known/ });
	t.match(resultOf(facts, 'cgroup.kill'), { state: 'limited', finding: /not known/ });
	t.equal(diagnose(facts).results.filter(({ name }) => name.startsWith('CAP_')).length, 0);
});

t.test('without root and without systemd: a directory to make by hand, with this shell in it', async (t) => {
	const facts = { ...hosts.userWithoutDelegation, system: hosts.freshV2.system };
	const [byHand = ''] = resultOf(facts, 'directories')?.remedies ?? [];
	t.match(byHand, /^sudo sh -c 'cd \/sys\/fs\/cgroup\/user\.slice\/user-1000\.slice && echo \+cpuset .* sh \$\$$/);
	t.match(byHand, /chown 1000 delegated-1000 delegated-1000\/cgroup\.procs delegated-1000\/cgroup\.subtree_control/);
});

t.test('without root on v1: our directories are made by root, once', async (t) => {
	const hierarchies = hosts.v1Only.cgroups.hierarchies.map((one) => ({
		...one,
		made: { errno: 'EACCES', message: 'EACCES' },
		files: [],
	}));
	const facts: Facts = { ...hosts.userWithoutDelegation, cgroups: { ...hosts.v1Only.cgroups, hierarchies } };
	t.match(resultOf(facts, 'directories')?.remedies?.[0], /^sudo install -d -o 1000 \/sys\/fs\/cgroup\/cpu,cpuacct\//);
});

t.test('without root, delegated: limits work; what is not delegated is named', async (t) => {
	const facts = hosts.userWithDelegation;
	const { verdict } = diagnose(facts);
	t.equal(verdict.enforceable, true);
	t.match(verdict.sentence, /^Limits can be enforced: pids, memory, cpu, freezer; not: cpuset, io, /);
	t.match(resultOf(facts, 'start'), { state: 'ok', finding: /in a user namespace/ });
	t.match(resultOf(facts, 'io'), {
		finding: '/sys/fs/cgroup/user.slice/user-1000.slice does not pass it on',
		remedies: [/user@\.service\.d\/delegate\.conf && systemctl daemon-reload/],
	});
	t.match(resultOf(facts, 'pid'), { state: 'ok', finding: /with a user namespace, as every launch without root does/ });
	t.match(resultOf(facts, 'newuidmap'), { state: 'ok', finding: '/usr/bin/newuidmap, and 65536 ids in /etc/subuid' });
});

t.test('in a service that passes only some on: it is that service whose setting has to be changed', async (t) => {
	const facts = hosts.userWithDelegation;
	const within = (own: string): Facts => ({
		...facts,
		cgroups: { ...facts.cgroups, hierarchies: facts.cgroups.hierarchies.map((one) => ({ ...one, own })) },
	});
	t.match(resultOf(within('/sys/fs/cgroup/system.slice/ci.service/jobs'), 'io'), {
		remedies: [
			/system\/ci\.service\.d\/delegate\.conf && systemctl daemon-reload' +# then systemctl restart ci\.service$/,
		],
	});
	t.match(resultOf(within('/sys/fs/cgroup/x.slice/one.scope'), 'io'), {
		remedies: ['systemd-run --scope -p Delegate=yes $SHELL'],
	});
});

t.test('root without CAP_SYS_ADMIN: limits work with a user namespace, which has to be asked for', async (t) => {
	const facts = hosts.weakRoot;
	t.match(sentence(facts), /^Limits can be enforced with --ns user=new: pids, memory, cpu, /);
	for (const name of ['start', 'pid'])
		t.match(resultOf(facts, name), { state: 'limited', remedies: ['procready run --ns user=new …'] }, name);
});

t.test('in a cgroup that was killed once no program lives: start procready from another one', async (t) => {
	t.equal(
		sentence(hosts.killedOnce),
		'Limits cannot be enforced: no program can be started: /sys/fs/cgroup/session-1.scope was killed once, ' +
			'and what it clones into other cgroups dies.',
	);
	t.strictSame(resultOf(hosts.killedOnce, 'start')?.remedies, [
		'mkdir /sys/fs/cgroup/session-1.scope-again && echo $$ > /sys/fs/cgroup/session-1.scope-again/cgroup.procs',
	]);
});

t.test('Ubuntu 24.04: AppArmor’s restriction with both ways out of it', async (t) => {
	const remedies = [
		'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
		/^sudo sh -c 'printf "abi .*procready-shim flags=\(unconfined\) { userns, }\\n" > .* apparmor_parser -r /,
	];
	t.match(resultOf(hosts.ubuntu2404, 'user'), { state: 'missing', finding: /AppArmor/, remedies });
	t.match(resultOf(hosts.ubuntu2404, 'unprivileged'), { state: 'limited', finding: /AppArmor/, remedies });
	t.equal(
		sentence(hosts.ubuntu2404),
		'Limits cannot be enforced: no program can be started: that needs CAP_SYS_ADMIN or a user namespace, and there is neither.',
	);
	t.match(resultOf(hosts.ubuntu2404, 'memory.peak'), { state: 'limited', remedies: ['boot Linux 6.12 or newer'] });
});

t.test('the switches for people without root, as root sees them', async (t) => {
	const having = (sysctls: Record<string, string>): Facts => ({
		...hosts.pureV2,
		system: { ...hosts.pureV2.system, sysctls },
	});
	for (const [name, off, remedy] of [
		['user.max_user_namespaces', '0', 'sysctl -w user.max_user_namespaces=15000'],
		['kernel.unprivileged_userns_clone', '0', 'sysctl -w kernel.unprivileged_userns_clone=1'],
		['kernel.apparmor_restrict_unprivileged_userns', '1', 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'],
	] as const) {
		t.equal(resultOf(having({ [name]: off === '0' ? '1' : '0' }), 'unprivileged')?.state, 'ok', name);
		t.match(resultOf(having({ [name]: off }), 'unprivileged'), { state: 'limited', remedies: [remedy] }, name);
		t.equal(diagnose(having({ [name]: off })).verdict.enforceable, true, name);
	}
});

t.test('Linux 5.14: limits work, some accounts are not there', async (t) => {
	t.strictSame(complaints(hosts.linux514), {
		'memory.peak': 'missing',
		'pids.peak': 'missing',
		'pids.events.local': 'missing',
		pressure: 'missing',
	});
	t.match(resultOf(hosts.linux514, 'pressure')?.remedies, ['boot with psi=1 on the kernel command line']);
	t.equal(diagnose(hosts.linux514).verdict.enforceable, true);
});

t.test('WSL2: swap is not counted, so memory.max does not forbid it', async (t) => {
	t.match(resultOf(hosts.wsl2, 'swap'), {
		state: 'limited',
		remedies: [/swapaccount=1 below \[wsl2\] in \.wslconfig/, 'swapoff -a'],
		affects: ['memory.swap.max', /memory\.max/],
	});
	const withoutSwap = { ...hosts.wsl2, system: { ...hosts.wsl2.system, swap: false } };
	t.strictSame(resultOf(withoutSwap, 'swap')?.affects, ['memory.swap.max']);
});

t.test('idmapped mounts: what the caller lacks is told from what the file system lacks', async (t) => {
	const idmapped = { errno: 'EINVAL', message: 'mount_setattr MOUNT_ATTR_IDMAP of /: Invalid argument' };
	const facts = (capabilities: string[]): Facts => ({
		...hosts.pureV2,
		caller: { ...hosts.pureV2.caller, capabilities },
		mounts: { api: 'done', idmapped, cgroups: 'done' },
	});
	t.match(resultOf(facts(['CAP_SYS_ADMIN']), 'idmapped'), {
		state: 'limited',
		finding: /\/ takes no id maps: mount_seta/,
	});
	t.match(resultOf(facts([]), 'idmapped'), { state: 'limited', finding: /need CAP_SYS_ADMIN on the host/ });
});

t.test('whose cgroups a program sees', async (t) => {
	t.match(resultOf(hosts.pureV2, 'own-cgroup'), { state: 'ok' });
	t.match(resultOf(hosts.userWithDelegation, 'own-cgroup'), {
		state: 'limited',
		finding: /those of the host lie below, locked in a user namespace$/,
		remedies: ['procready run --rootfs DIR …'],
	});
	t.match(resultOf(hosts.docker, 'own-cgroup'), { finding: /: clone3: new namespaces need CAP_SYS_ADMIN/ });
	const nowhere = { ...hosts.pureV2, mounts: { ...hosts.pureV2.mounts, cgroups: 'untried' as const } };
	t.match(resultOf(nowhere, 'own-cgroup'), { state: 'limited', finding: /none shows that of the caller$/ });
});

t.test('cgroup_disable=memory: no verdict but that', async (t) => {
	t.equal(
		sentence(hosts.memoryDisabled),
		'Limits cannot be enforced: memory (the kernel was started with cgroup_disable=memory).',
	);
	t.match(resultOf(hosts.memoryDisabled, 'memory')?.remedies, [/without cgroup_disable=memory/]);
	const silent = { ...hosts.memoryDisabled, system: { ...hosts.memoryDisabled.system, commandLine: '' } };
	t.match(resultOf(silent, 'memory'), { state: 'missing', remedies: [/cgroup_enable=memory/] });
});

t.test('nothing enabled yet: a launch will do it; what cannot be tried before is said to be unknown', async (t) => {
	t.equal(diagnose(hosts.freshV2).verdict.enforceable, true);
	t.match(resultOf(hosts.freshV2, 'memory'), { state: 'ok', finding: /by the first launch that needs memory\.max/ });
	t.match(resultOf(hosts.freshV2, 'memory.peak'), {
		state: 'limited',
		remedies: ['echo +memory > /sys/fs/cgroup/cgroup.subtree_control'],
	});
});

t.test('a controller that a cgroup above does not pass on: the command for the right directory', async (t) => {
	t.match(resultOf(hosts.ioNotPassedOn, 'io'), {
		state: 'missing',
		remedies: ['echo +io > /sys/fs/cgroup/cgroup.subtree_control'],
	});
	t.match(sentence(hosts.ioNotPassedOn), /; not: io \(\/sys\/fs\/cgroup does not pass it on\)\.$/);
});

t.test('no cgroup hierarchy is mounted', async (t) => {
	t.equal(
		sentence(hosts.nothingMounted),
		'Limits cannot be enforced: no cgroup hierarchy with controllers is mounted.',
	);
	t.strictSame(resultOf(hosts.nothingMounted, 'memory')?.remedies, ['mount -t cgroup2 cgroup2 /sys/fs/cgroup']);
});

t.test('what is too old, missing or left behind', async (t) => {
	t.strictSame(complaints(hosts.bare), {
		kernel: 'missing',
		architecture: 'limited',
		node: 'missing',
		shim: 'missing',
		seccomp: 'missing',
		stale: 'limited',
		ip: 'missing',
		tc: 'missing',
		nft: 'missing',
		nsenter: 'missing',
	});
	t.match(resultOf(hosts.bare, 'stale')?.remedies, ['rmdir /sys/fs/cgroup/procready/4711-0a0b0c0d-1']);
});

t.test('what of a network the kernel has', async (t) => {
	t.equal(resultOf(hosts.pureV2, 'netem'), undefined, 'nothing is said of what was not tried');
	const facts = { ...hosts.pureV2, network: ['veth', 'bridge', 'tbf', 'masquerade'] };
	t.strictSame(complaints(facts), { netem: 'missing' });
	t.match(resultOf(facts, 'netem'), { affects: ['--link delay=…', '--link loss=…'], remedies: [/sch_netem/] });
	const { nft: _, ...programs } = facts.system.programs;
	t.strictSame(complaints({ ...facts, network: ['veth'], system: { ...facts.system, programs } }), {
		...{ bridge: 'missing', tbf: 'missing', netem: 'missing' },
		nft: 'missing',
	});
});

t.test('a limit that the kernel refuses cannot be enforced, although its controller is there', async (t) => {
	const limits = {
		...hosts.pureV2.cgroups.limits,
		'cpu.max': { message: 'cpu.max: the kernel refused "50000 100000"' },
	};
	const facts = { ...hosts.pureV2, cgroups: { ...hosts.pureV2.cgroups, limits } };
	t.equal(sentence(facts), 'Limits cannot be enforced: cpu (cpu.max: the kernel refused "50000 100000").');
});

t.test(
	'each host: names are there once, groups stay together, what is not ok says what it affects or what to do',
	async (t) => {
		for (const [host, facts] of Object.entries(hosts).filter((entry): entry is [string, Facts] => 'own' in entry[1])) {
			const { results } = diagnose(facts);
			t.equal(new Set(results.map(({ name }) => name)).size, results.length, host);
			const order = results.map(({ group }) => groups.indexOf(group));
			t.strictSame(order, order.toSorted(), host);
			for (const { name, state, affects = [], remedies = [] } of results)
				t.ok(state === 'ok' || affects.length + remedies.length > 0 || name === 'architecture', `${host}: ${name}`);
		}
	},
);

t.test('each flag that a result speaks of is one', async (t) => {
	const tables = [processFlags, rootFlags, namespaceFlags, networkFlags, containerFlags, limitFlags];
	const known = tables.flatMap((flags) => Object.keys(flags));
	const results = Object.values(hosts).flatMap((facts) => ('own' in facts ? diagnose(facts).results : []));
	const said = results.flatMap(({ affects = [] }) => affects.join(' ').match(/--[a-z-]+/g) ?? []);
	for (const flag of new Set(said)) t.ok(known.includes(flag.slice(2)), flag);
});

t.test('the text: aligned, remedies indented, the verdict last, colours only when asked for', async (t) => {
	const text = doctorText(diagnose(hosts.userWithDelegation), false);
	const lines = text.split('\n');
	t.ok(lines.includes('limits'));
	t.ok(lines.some((line) => /^ {2}✓ memory {13}cgroup v2, enabled in /.test(line)));
	t.ok(lines.includes(`${' '.repeat(23)}→ sudo procready …`));
	t.equal(
		lines.filter((line) => line.includes('delegate.conf')).length,
		1,
		'a remedy of several stands below the last',
	);
	t.match(lines.at(-2), /^Limits can be enforced: /);
	t.notOk(text.includes('\u001b'));
	t.ok(doctorText(diagnose(hosts.memoryDisabled), true).includes('  \u001b[31m✗\u001b[0m memory '));
});

t.test('each capability that procready uses is one', async (t) => {
	for (const { name } of uses) t.ok(capabilityNames.includes(name), name);
});

t.test('versions of kernels are numbers', async (t) => {
	t.equal(isAtLeast('5.14.0-503.el9', 5, 14), true);
	t.equal(isAtLeast('5.4.0-150-generic', 5, 14), false);
	t.equal(isAtLeast('6.1.0', 5, 14), true);
	t.equal(isAtLeast('4.18.0', 5, 14), false);
});

t.test('a read-only mount is one by its own options or by those of its file system', async (t) => {
	const mountinfo = (own: string, all: string) =>
		`22 1 0:20 / / rw - ext4 /dev/vda1 rw\n34 22 0:29 / /sys/fs/cgroup ${own} shared:4 - cgroup2 cgroup2 ${all}\n`;
	const isRead = (own: string, all: string) => isReadOnly(mountinfo(own, all), '/sys/fs/cgroup');
	t.equal(isRead('rw,nosuid', 'rw,nsdelegate'), false);
	t.equal(isRead('ro,nosuid', 'rw,nsdelegate'), true);
	t.equal(isRead('rw,nosuid', 'ro'), true);
	t.equal(isReadOnly(mountinfo('ro', 'rw') + mountinfo('rw', 'rw'), '/sys/fs/cgroup'), false, 'the last one is seen');
	t.equal(isReadOnly(mountinfo('ro', 'rw'), '/elsewhere'), false);
});

t.test('files of the kernel and of the administrator', async (t) => {
	t.strictSame(parseControllers('#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t3\t1\nmemory\t0\t1\t0\n'), {
		cpuset: true,
		memory: false,
	});
	const subuid = 'ada:100000:65536\n1000:300000:10\nadam:1:5\n';
	t.equal(subordinateIds(subuid, 1000, 'ada'), 65546);
	t.equal(subordinateIds(subuid, 1001, undefined), 0);
});
