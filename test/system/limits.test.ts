/** The limits that are neither of tasks, memory, processors nor disks: each binds, at what it says. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Limits, run } from '../../controller/index.js';
import { probe, python } from '../support/paths.js';
import { fileOf, hasController, processors } from '../support/places.js';

// ---- cpuset

t.test('processors: those and no others', { skip: !hasController('cpuset') && 'kernel: no cpuset' }, async (t) => {
	for (const [index, cpu] of processors.entries()) {
		const other = processors[(index + 1) % processors.length];
		const script = `
import os
print(sorted(os.sched_getaffinity(0)))
try: os.sched_setaffinity(0, [${other}])
except OSError as error: print(error.errno)
print(sorted(os.sched_getaffinity(0)))`;
		const { stdout } = await run([python, '-c', script], { limits: { cpus: [cpu] } });
		const refused = other === cpu ? '' : '22\n';
		t.equal(stdout, `[${cpu}]\n${refused}[${cpu}]\n`);
	}
	const nodes = 'import re; print(re.search(r"Mems_allowed_list:\\t(.*)", open("/proc/self/status").read())[1])';
	t.equal((await run([python, '-c', nodes], { limits: { mems: '0' } })).stdout, '0\n');
	await t.rejects(run(['true'], { limits: { cpus: '4095' } }), { code: 'limit-refused', where: 'cpuset.cpus' });
});

// ---- hugetlb

const pool = '/proc/sys/vm/nr_overcommit_hugepages';
/** Of the default size, which mmap(2) takes: 2048 KiB are `2MB` in the names of files. */
const hugePage = Number(/^Hugepagesize:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
const pageSize = hugePage >= 2 ** 30 ? `${hugePage / 2 ** 30}GB` : `${hugePage / 2 ** 20}MB`;
const hasHugePages = hasController('hugetlb') && existsSync(pool);

/** Lets the kernel make as many when they are asked for, and is undone at the end. */
function lendHugePages(pages: number): Disposable {
	const before = readFileSync(pool, 'utf8');
	writeFileSync(pool, String(Number(before) + pages));
	return { [Symbol.dispose]: () => writeFileSync(pool, before) };
}

t.test('huge pages', { skip: !hasHugePages && 'kernel: no huge pages, or no limit of them' }, async (t) => {
	using _ = lendHugePages(8);
	const touch = (pages: number) => `
import mmap
kept = []
for page in range(${pages}):
    kept.append(mmap.mmap(-1, ${hugePage}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000))
    kept[page][0] = 1
print(len(kept))`;
	const bytes = 3 * hugePage;
	const limits = { hugetlb: { [pageSize]: bytes } };
	for (const pages of [2, 3]) {
		const { stdout, exitCode, verdict } = await run([python, '-c', touch(pages)], { limits });
		t.strictSame([exitCode, stdout, verdict.causes], [0, `${pages}\n`, []], `${pages} of 3`);
	}
	t.match(await run([python, '-c', touch(4)], { limits }), {
		signal: 'SIGBUS',
		limits: [{ limit: `hugetlb.${pageSize}.max`, value: String(bytes) }],
		verdict: { causes: [{ limit: `hugetlb.${pageSize}.max`, level: 'self', value: String(bytes) }] },
	});
	const reserved = { set: { [`hugetlb.${pageSize}.rsvd.max`]: bytes } };
	t.equal((await run([python, '-c', touch(3)], { limits: reserved })).exitCode, 0);
	const refused = await run([python, '-c', touch(4)], { limits: reserved });
	t.equal(refused.exitCode, 1, 'of reservations it is the call that is refused');
	t.match(refused.stderr, /Cannot allocate memory/);
});

// ---- devices

t.test('devices: what no rule allows cannot be opened', async (t) => {
	const open = (path: string, flags: string) => `
try: os.open("${path}", os.${flags}); print("yes")
except OSError as error: print(errno.errorcode[error.errno])`;
	const script = `import errno, os
${[open('/dev/null', 'O_RDWR'), open('/dev/zero', 'O_RDONLY'), open('/dev/zero', 'O_RDWR'), open('/dev/full', 'O_RDONLY')].join('')}`;
	const { stdout } = await run([python, '-c', script], {
		limits: {
			devices: [
				{ allow: false, access: 'rwm' },
				{ allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
				{ allow: true, type: 'c', major: 1, minor: 5, access: 'r' },
			],
		},
	});
	t.equal(stdout, 'yes\nyes\nEPERM\nEPERM\n');
	const free = await run([python, '-c', script]);
	t.equal(free.stdout, 'yes\n'.repeat(4), 'and without rules all can');
});

// ---- misc and rdma

for (const [controller, limits] of [
	['misc', { misc: { sev: 1 } }],
	['rdma', { rdma: { mlx5_0: { hcaHandles: 2 } } }],
] as const)
	t.test(`${controller}: what the host has not is refused`, async (t) => {
		const code = hasController(controller) ? 'limit-refused' : 'controller-missing';
		await t.rejects(run(['true'], { limits }), { code, where: `${controller}.max` });
	});

// ---- cgroups below

const v2 = readHost().hierarchies.find(({ version, controllers }) => version === 2 && controllers.length > 0);
/** On a hybrid host a container has a directory there only for a limit of the controllers that v2 has. */
const inV2: Limits = v2?.controllers.includes('pids') ? {} : { hugetlb: { [pageSize]: 'max' } };

t.test('cgroups that are made below', { skip: !v2 && 'kernel: cgroup v2 has no controllers' }, async (t) => {
	const limits = { ...inV2, set: { 'cgroup.max.descendants': 2, 'cgroup.max.depth': 2 } };
	await using container = await Container.launch([probe, 'hold'], { limits });
	const own = dirname(fileOf(container, 'cgroup.max.depth'));
	const make = (path: string) => mkdirSync(join(own, path));
	make('a');
	make('a/b');
	t.throws(() => make('c'), { code: 'EAGAIN' }, 'one more');
	rmdirSync(join(own, 'a/b'));
	make('c');
	rmdirSync(join(own, 'c'));
	await container.update({ set: { 'cgroup.max.descendants': 'max' } });
	make('a/b');
	t.throws(() => make('a/b/c'), { code: 'EAGAIN' }, 'one deeper');
});
