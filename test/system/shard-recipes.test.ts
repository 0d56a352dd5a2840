/** The recipes for shards: read as their engines read them, and their commands run as these would run them. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { parse } from 'yaml';
import { cli, top } from '../support/paths.js';

const text = (name: string) => readFileSync(join(top, 'test/cookbook', name), 'utf8');

const dir = t.testdir({
	'a.procready.yaml': 'command: "true"\ncases: [{ name: x, matrix: { env.N: [1, 2, 3, 4, 5, 6, 7, 8, 9] } }]',
});
mkdirSync(join(dir, 'bin'));
symlinkSync(cli, join(dir, 'bin/procready'));
writeFileSync(join(dir, 'bin/sudo'), '#!/bin/sh\n[ "$1" = --preserve-env ] && shift && exec "$@"\n', { mode: 0o755 });
writeFileSync(join(dir, 'bin/scontrol'), '#!/bin/sh\necho "$@" >>requeued\n', { mode: 0o755 });
const PATH = `${join(dir, 'bin')}:${process.env.PATH}`;

/** In an empty directory beside the suite. */
async function run(script: string, env: Record<string, string | undefined> = {}) {
	const given = Object.fromEntries(Object.entries({ ...env, PATH }).filter(([, value]) => value !== undefined));
	return execa('bash', ['-e', '-c', script], { cwd: dir, reject: false, env: given as Record<string, string> });
}

async function merges(t: { match: typeof import('tap').match }, command: string) {
	t.match(await run(command.replace('--reporter github', '--reporter tap')), {
		exitCode: 0,
		stdout: /# 9 passed, 0 failed, 0 skipped/,
	});
}

t.test('GitLab', async (t) => {
	const { limits, report } = parse(text('shards.gitlab-ci.yml'));
	t.strictSame([limits.artifacts, limits.retry.exit_codes], [{ when: 'always', paths: ['shards'] }, [125]]);
	for (let index = 1; index <= limits.parallel; index++)
		t.match(await run(limits.script.join('\n'), { CI_NODE_INDEX: `${index}`, CI_NODE_TOTAL: `${limits.parallel}` }), {
			exitCode: 0,
		});
	await merges(t, report.script.join('\n'));
	t.ok(existsSync(join(dir, report.artifacts.reports.junit)));
});

t.test('GitHub', async (t) => {
	const { jobs } = parse(text('shards.github.yml'));
	const { shard } = jobs.test.strategy.matrix;
	const commandOf = (job: string) =>
		jobs[job].steps
			.map(({ run }: { run?: string }) => run)
			.find((one?: string) => one?.includes('procready test') || one?.includes('procready merge'));
	t.match(commandOf('test'), `/${shard.length} `, 'as many shards as the matrix has');
	await run('rm -r shards');
	for (const index of shard) {
		const script = commandOf('test').replaceAll(/\$\{\{ (\S+) \}\}/g, (_: string, name: string) =>
			name === 'matrix.shard' ? index : t.fail(name),
		);
		t.match(await run(`${script}; mkdir -p got/shard-${index}; mv shards/* got/shard-${index}`), { exitCode: 0 });
	}
	await run('rm -r shards; mv got shards');
	await merges(t, commandOf('report'));
});

t.test('Kubernetes', async (t) => {
	const { apiVersion, kind, spec } = parse(text('shards.kubernetes.yaml'));
	t.strictSame([apiVersion, kind, spec.completionMode], ['batch/v1', 'Job', 'Indexed']);
	const { restartPolicy, containers } = spec.template.spec;
	t.equal(restartPolicy, 'Never', 'else podFailurePolicy is refused');
	t.ok(spec.backoffLimitPerIndex > 0, 'else FailIndex is refused');
	const [{ name, args }] = containers;
	const of = (status: number) =>
		spec.podFailurePolicy.rules.find(
			({ onExitCodes: codes }: { onExitCodes?: { values: number[]; containerName: string } }) =>
				codes?.containerName === name && codes?.values.includes(status),
		)?.action;
	t.strictSame([1, 2, 125].map(of), ['FailIndex', 'FailIndex', 'Count']);
	await run('rm -r shards');
	for (let index = 0; index < spec.completions; index++)
		t.match(await run(args[0].replace('/out/', 'shards/'), { JOB_COMPLETION_INDEX: `${index}` }), { exitCode: 0 });
	await merges(t, 'procready merge shards --reporter tap');
});

t.test('Slurm', async (t) => {
	const script = text('shards.slurm.sh').replace(/^#!.*\n/, '');
	const [, last] = /--array=1-(\d+)/.exec(script) ?? [];
	const task = (index: number) => ({
		...{
			SLURM_ARRAY_TASK_ID: `${index}`,
			SLURM_ARRAY_TASK_MIN: '1',
			SLURM_ARRAY_TASK_COUNT: last,
			SLURM_ARRAY_TASK_STEP: '1',
		},
		...{ SLURM_ARRAY_JOB_ID: '7', SLURM_RESTART_COUNT: undefined },
	});
	const batch = (env: Record<string, string | undefined>) => run(`set +e\n${script}`, env);
	await run('rm -r shards');
	for (let index = 1; index <= Number(last); index++) t.match(await batch(task(index)), { exitCode: 0 });
	await merges(t, 'procready merge shards --reporter tap');
	t.notOk(existsSync(join(dir, 'requeued')));
	const failing = task(3);
	const broken = script.replace(/^procready test/m, 'false && procready test').replace('status=$?', 'status=125');
	t.match(await run(`set +e\n${broken}`, failing), { exitCode: 125 });
	t.equal(readFileSync(join(dir, 'requeued'), 'utf8'), 'requeue 7_3\n');
	t.match(await run(`set +e\n${broken}`, { ...failing, SLURM_RESTART_COUNT: '2' }), { exitCode: 125 });
	t.equal(readFileSync(join(dir, 'requeued'), 'utf8'), 'requeue 7_3\n', 'at most twice');
});
