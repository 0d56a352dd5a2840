/** Which shard this is, by words or by the variables of an engine, and which cases are in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { engines } from '../../controller/harness/shards/engines.js';
import { divisions, type Part, partOf } from '../../controller/harness/shards/partition.js';
import { shardOf } from '../../controller/harness/shards/shard.js';
import { selectShard } from '../../controller/harness/suite/select.js';
import { top } from '../support/paths.js';
import { suiteOf } from '../support/suites.js';

const slurm = (members: Record<string, string> = {}) => ({
	...{ SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_STEP: '3' },
	...members,
});

t.test('K/N, and the variables of each engine', async (t) => {
	for (const [given, environment, index, count] of [
		['2/3', {}, 2, 3],
		['1/1', { CI_NODE_INDEX: '9' }, 1, 1],
		['auto', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '5' }, 1, 5],
		['auto', { CI_NODE_INDEX: '5', CI_NODE_TOTAL: '5' }, 5, 5],
		['auto/8', { JOB_COMPLETION_INDEX: '0' }, 1, 8],
		['auto/8', { JOB_COMPLETION_INDEX: '7' }, 8, 8],
		['auto', slurm(), 3, 4],
		['auto/4', slurm({ SLURM_ARRAY_TASK_ID: '1' }), 1, 4],
		['auto', { SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '2' }, 1, 2],
		['auto', { TEST_SHARD_INDEX: '0', TEST_TOTAL_SHARDS: '2' }, 1, 2],
		['auto', { BUILDKITE_PARALLEL_JOB: '1', BUILDKITE_PARALLEL_JOB_COUNT: '2' }, 2, 2],
		['auto', { CIRCLE_NODE_INDEX: '3', CIRCLE_NODE_TOTAL: '4' }, 4, 4],
	] as const)
		t.strictSame(shardOf(given, environment), { index, count }, `${given} ${JSON.stringify(environment)}`);
	const bazel = { TEST_SHARD_INDEX: '1', TEST_TOTAL_SHARDS: '2', TEST_SHARD_STATUS_FILE: '/x' };
	t.strictSame(shardOf('auto', bazel), { index: 2, count: 2, statusFile: '/x' });
	t.strictSame(shardOf('1/2', bazel), { index: 1, count: 2 }, 'only with auto');
});

t.test('what is not a shard is refused, with the variable', async (t) => {
	for (const [given, environment, message] of [
		['x', {}, '--shard: "x" is none of K/N, auto and auto/N'],
		['1', {}, '--shard: "1" is none of K/N, auto and auto/N'],
		['0/3', {}, '--shard: 0/3 is shard 0 of 3, and there are those from 1 to 3'],
		['4/3', {}, '--shard: 4/3 is shard 4 of 3, and there are those from 1 to 3'],
		['1/0', {}, '--shard: 1/0 has 0 shards, which is not from 1 to 10000'],
		[
			'auto',
			{},
			/auto: there is none of CI_NODE_INDEX \(GitLab\), JOB_COMPLETION_INDEX \(Kubernetes\), .*; write K\/N$/,
		],
		['auto', { CI_NODE_INDEX: '1' }, /CI_NODE_TOTAL of GitLab is missing; it comes of parallel: N of the job$/],
		['auto', { CI_NODE_INDEX: '', CI_NODE_TOTAL: '1' }, /CI_NODE_INDEX="" of GitLab is not a number from 0$/],
		['auto', { CI_NODE_INDEX: '0', CI_NODE_TOTAL: '3' }, /^--shard: auto, by CI_NODE_INDEX=0, is shard 0 of 3/],
		['auto', { JOB_COMPLETION_INDEX: '0' }, /Kubernetes does not tell how many shards there are; write auto\/N$/],
		['auto/3', { JOB_COMPLETION_INDEX: '3' }, /^--shard: auto\/3, by JOB_COMPLETION_INDEX=3, is shard 4 of 3/],
		['auto/3', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4' }, '--shard: auto/3: CI_NODE_TOTAL says that there are 4'],
		['auto', slurm({ SLURM_ARRAY_TASK_ID: '8' }), /SLURM_ARRAY_TASK_ID=8 is not in steps of 3 from 1; write K\/N$/],
		['auto', slurm({ SLURM_ARRAY_TASK_ID: '13' }), /is shard 5 of 4/],
		[
			'auto',
			{ TEST_SHARD_INDEX: '0', CIRCLE_NODE_INDEX: '0' },
			/TEST_SHARD_INDEX of Bazel and CIRCLE_NODE_INDEX of CircleCI, and either may be meant; write K\/N$/,
		],
	] as const)
		t.throws(() => shardOf(given, environment), { code: 'option-invalid', where: '--shard', message }, given);
});

const parts = (durations: readonly (number | undefined)[]): Part[] =>
	durations.map((duration, index) => ({ id: `a: ${index}`, duration }));
const sizes = (all: readonly Part[], count: number, division: keyof typeof divisions) =>
	Array.from({ length: count }, (_, index) => partOf(all, { index: index + 1, count }, division));

t.test('each part is in one shard, however it is divided', async (t) => {
	for (const length of [0, 1, 7, 1000])
		for (const count of [1, 2, 8, 9])
			for (const division of Object.keys(divisions) as (keyof typeof divisions)[]) {
				const all = parts(Array.from({ length }, (_, index) => (index % 3 === 0 ? undefined : index)));
				const found = sizes(all, count, division);
				const name = `${length} in ${count} by ${division}`;
				t.strictSame(new Set(found.flat()), new Set(all), name);
				t.equal(found.flat().length, length, name);
				for (const shard of found)
					t.strictSame(
						shard,
						all.filter((one) => shard.includes(one)),
						'in their order',
					);
			}
});

t.test('slice: as many in each, neighbours together', async (t) => {
	t.strictSame(
		sizes(parts(Array.from({ length: 11 }, () => 1)), 3, 'slice').map((shard) => shard.map(({ id }) => id.slice(3))),
		[
			['0', '1', '2', '3'],
			['4', '5', '6', '7'],
			['8', '9', '10'],
		],
	);
});

t.test('hash: a part stays where it is when others come and go', async (t) => {
	const all = parts(Array.from({ length: 1000 }, () => 1));
	const before = sizes(
		all.filter((_, index) => index % 10 !== 0),
		8,
		'hash',
	);
	const after = sizes(all, 8, 'hash');
	for (const [index, shard] of before.entries()) t.ok(shard.every((one) => after[index]?.includes(one)));
	for (const { length } of after) t.ok(length > 80 && length < 170, `${length} of 1000 in one of 8`);
});

t.test('time: the longest first; the same each time, whatever is not known', async (t) => {
	const all = parts([3, 7, undefined, 5, 5, 4, 6, undefined]);
	t.strictSame(divisions.time(all, 3), [1, 0, 2, 2, 1, 2, 1, 0]);
	t.strictSame(divisions.time(parts(Array.from({ length: 6 }, () => undefined)), 3), [0, 1, 2, 0, 1, 2]);
	t.strictSame(divisions.time(parts([0, 0, 0, 0]), 2), [0, 1, 0, 1], 'what takes no time is divided too');
	let seed = 7;
	const lengths = Array.from({ length: 1000 }, () => {
		seed = (seed * 48271) % 2147483647;
		return 1 + (seed % 1000) ** 2 / 1000;
	});
	const loads = sizes(parts(lengths), 8, 'time').map((shard) =>
		shard.reduce((sum, { duration = 0 }) => sum + duration, 0),
	);
	t.ok(Math.max(...loads) / Math.min(...loads) < 1.01, loads.join());
});

t.test('of suites: over all of their cases, a matrix is many', async (t) => {
	const text = 'command: "true"\ncases: [{ name: m, matrix: { pids.max: [1, 2, 3] } }, { name: e }]';
	const suite = suiteOf(text);
	const other = { ...suiteOf(text), file: '/suites/b.procready.yaml' };
	const names = (index: number) =>
		selectShard([suite, other], { index, count: 3 }, 'slice', () => undefined).map(({ file, cases }) => [
			file.slice(-16, -15),
			...cases.map(({ name }) => name),
		]);
	t.strictSame(names(1), [['a', 'm [pids.max=1]', 'm [pids.max=2]', 'm [pids.max=3]']]);
	t.strictSame(names(2), [
		['a', 'e'],
		['b', 'm [pids.max=1]', 'm [pids.max=2]'],
	]);
	t.throws(() => selectShard([suite, suite], { index: 1, count: 1 }, 'slice', () => undefined), {
		message: /^--shard: .* is the same file as .*: name each suite once$/,
	});
});

t.test('README has every engine with its variables', async (t) => {
	const text = readFileSync(join(top, 'controller/harness/README.md'), 'utf8');
	for (const { name, index, count, statusFile } of engines) {
		const [line = ''] = text.split('\n').filter((line) => line.includes(`\`${index}\``));
		t.match(line, `| ${name}, `);
		for (const variable of [count, statusFile])
			if (variable) t.match(line, name === 'Slurm' ? variable.replace('SLURM_ARRAY_TASK', '') : variable);
	}
});
