/** The templates for GitHub and GitLab: they are read as YAML, and their commands run as a runner would run them. */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { parse } from 'yaml';
import { top } from '../support/paths.js';

const read = (file: string) => parse(readFileSync(join(top, file), 'utf8'));

const project = () => ({
	'a.procready.yaml': 'command: "true"\ncases: [{ name: good }]',
	'b.procready.yaml': 'command: "false"\ncases: [{ name: bad }]',
});

t.test('GitHub: the steps of the action', async (t) => {
	const { runs, inputs } = read('.github/actions/procready/action.yml');
	t.equal(runs.using, 'composite');
	const [, build, test] = runs.steps;
	const action = join(top, '.github/actions/procready');
	const filled = (step: { env: Record<string, string> }, given: Record<string, string>) =>
		Object.fromEntries(
			Object.entries(step.env).map(([name, value]) => [
				name,
				value.replace(/\$\{\{ (\S+) \}\}/g, (_, path: string) => {
					if (path === 'github.action_path') return action;
					const input = path.slice('inputs.'.length);
					t.ok(Object.hasOwn(inputs, input), `${path} is there`);
					return given[input] ?? inputs[input].default;
				}),
			]),
		);
	const dry = await execa('bash', ['-c', build.run.replace('make', 'make -n')], { env: filled(build, {}) });
	t.equal(dry.exitCode, 0, 'what is made can be made');

	const dir = t.testdir({
		...project(),
		bin: { sudo: '#!/bin/sh\n[ "$1" = --preserve-env ] && shift && exec "$@"\n' },
		summary: '',
	});
	chmodSync(`${dir}/bin/sudo`, 0o755);
	const run = (given: Record<string, string>) =>
		execa('bash', ['-e', '-c', test.run], {
			cwd: dir,
			reject: false,
			env: {
				...filled(test, given),
				PATH: `${dir}/bin:${process.env.PATH}`,
				GITHUB_STEP_SUMMARY: `${dir}/summary`,
				GITHUB_WORKSPACE: dir,
			},
		});
	const all = await run({});
	t.equal(all.exitCode, 1);
	t.match(all.stdout, '::error file=b.procready.yaml,line=2,');
	t.match(readFileSync(`${dir}/summary`, 'utf8'), '### procready: 1 passed, 1 failed');
	t.match(readFileSync(`${dir}/procready.xml`, 'utf8'), '<testcase name="bad"');
	const some = await run({ files: 'a.procready.yaml', jobs: 'all', junit: 'out/j.xml' });
	t.equal(some.exitCode, 0, some.stderr);
	t.ok(existsSync(`${dir}/out/j.xml`));
});

t.test('GitLab: the job that others extend', async (t) => {
	const job = read('.gitlab/procready.gitlab-ci.yml')['.procready'];
	const dir = t.testdir(project());
	const run = (script: string[], variables: Record<string, string>) =>
		execa('bash', ['-e', '-c', script.join('\n')], {
			cwd: dir,
			reject: false,
			env: { ...job.variables, ...variables },
		});
	const [clone, make] = job.before_script;
	t.match(await run([clone], {}), { exitCode: 1, stderr: /set it to the address of procready/ });
	const git = (...args: string[]) => execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: dir });
	await git('init', '--quiet', '--initial-branch', 'main', 'remote');
	await git('-C', 'remote', 'commit', '--quiet', '--allow-empty', '--message', 'x');
	t.match(await run([clone], { PROCREADY_REPOSITORY: `file://${dir}/remote`, PROCREADY: `${dir}/cloned` }), {
		exitCode: 0,
	});
	t.ok(existsSync(`${dir}/cloned/.git`));
	t.match(await run([make.replace('make', 'make -n')], { PROCREADY: top }), { exitCode: 0 });
	const { exitCode, stdout } = await run(job.script, { PROCREADY: top });
	t.equal(exitCode, 1);
	t.match(stdout, /^TAP version 14\n/);
	t.ok(existsSync(`${dir}/${job.artifacts.reports.junit}`));
	t.match(await run(job.script, { PROCREADY: top, PROCREADY_FILES: 'a.procready.yaml' }), { exitCode: 0 });
});
