/** Where in cgroup v2 the cgroups of containers go, and what is said to be in the way: in trees that other hosts have. */
import t from 'tap';
import { machine, replace } from '../../controller/host/machine.js';
import { findPlace } from '../../controller/host/place.js';
import type { Place } from '../../controller/model/host.js';
import { join, unitOf } from '../../controller/model/path.js';

const own = machine.self().pid;

interface Tree {
	/** The processes in each cgroup, of a user without root; the root of all has no cgroup.type. */
	processes: Record<string, number[]>;
	/** What the user may write to. */
	writable?: string[];
	environment?: Record<string, string>;
	systemd?: boolean;
	isNamespace?: boolean;
}

function placeIn(
	path: string,
	{ processes, writable = [], environment = {}, systemd = false, isNamespace }: Tree,
): Place {
	const at = (cgroup: string) => (cgroup === '/' ? '/cg' : join('/cg', cgroup));
	const files = new Map(
		Object.entries(processes).flatMap(([cgroup, pids]) => [
			[join(at(cgroup), 'cgroup.procs'), pids.join('\n')],
			[join(at(cgroup), 'cgroup.controllers'), 'memory pids'],
			...(cgroup === '/' && !isNamespace ? [] : [[join(at(cgroup), 'cgroup.type'), 'domain']]),
		]) as [string, string][],
	);
	const cgroups = Object.keys(processes).map(at);
	using _ = replace({
		self: () => ({ pid: own, uid: 1000, gid: 1000, directory: '/', environment, ignoredSignals: [] }),
		exists: (file) => files.has(file) || cgroups.includes(file) || (systemd && file === '/run/systemd/system'),
		isWritable: (file) =>
			writable.map(at).some((one) => file.replace(/\/$/, '') === one || file === join(one, 'cgroup.procs')),
		readText(file) {
			const text = files.get(file);
			if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
			return text;
		},
	});
	return findPlace({ version: 2, controllers: [], mountPoint: '/cg', own: path === '/' ? '/cg/' : at(path) });
}

t.test('a delegated cgroup that holds the shell too: that is what is in the way, and can be moved', async (t) => {
	const tree = { processes: { '/': [1], '/a': [], '/a/mine': [own, 77, 78] }, writable: ['/a/mine'] };
	const { base, obstacle } = placeIn('/a/mine', tree);
	t.equal(base, undefined);
	t.match(obstacle, {
		finding: /^\/cg\/a\/mine holds processes \(77, 78\), so the kernel allows no cgroup with limits below it/,
		advice: /^move these .*\(mkdir \/cg\/a\/mine\/rest; echo PID > \/cg\/a\/mine\/rest\/cgroup\.procs\)$/,
		full: '/cg/a/mine',
	});
	t.match(placeIn('/a/mine', { ...tree, systemd: true }).obstacle, {
		advice: /, or start .* systemd-run --user --scope -p/,
	});

	const below = { processes: { ...tree.processes, '/a/mine/sub': [own] }, writable: ['/a/mine'] };
	t.match(placeIn('/a/mine/sub', below).obstacle, { full: '/cg/a/mine' }, 'also where this process is in one below it');
	const moved = { processes: { ...tree.processes, '/a/mine': [], '/a/mine/rest': [own, 77] }, writable: ['/a/mine'] };
	t.match(placeIn('/a/mine/rest', moved), { base: '/cg/a/mine/procready', obstacle: undefined }, 'moved as it says');
});

t.test('alone in it, but not to be moved', async (t) => {
	const tree = { processes: { '/': [1], '/mine': [own] }, writable: ['/mine'] };
	const root = { processes: { '/': [own] }, writable: ['/'], isNamespace: true };
	t.match(placeIn('/', root), { base: '/cg/procready', leaf: `/cg/procready-controller-${own}` });
	t.match(placeIn('/mine', tree), { leaf: `/cg/mine/procready-controller-${own}` });
	const { obstacle } = placeIn('/mine', { ...tree, environment: { PROCREADY_NO_MOVE: '1' } });
	t.match(obstacle, { finding: /PROCREADY_NO_MOVE forbids/, command: 'unset PROCREADY_NO_MOVE' });
});

t.test('nothing that may be written to: the kernel says why, where it is tried', async (t) => {
	const namespace = { processes: { '/': [own] }, isNamespace: true };
	t.match(placeIn('/', namespace), { base: '/cg/procready', obstacle: undefined }, 'mounted read-only, alone in it');
	t.match(placeIn('/s', { processes: { '/': [1], '/s': [own, 5] } }), { base: '/cg/procready', obstacle: undefined });
});

t.test('the unit whose setting says what is delegated', async (t) => {
	for (const [path, unit] of [
		['/user.slice/user-1000.slice/user@1000.service/app.slice/mine.service', 'user@1000.service'],
		['/system.slice/ci.service/jobs/one', 'ci.service'],
		['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
		['/docker/0123', undefined],
	] as const)
		t.equal(unitOf(path), unit, path);
});
