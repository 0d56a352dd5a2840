/** The templates for GitHub and GitLab: they are read as YAML, and their commands run as a runner would run them. */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { parse } from 'yaml';
import { tarball } from '../support/installed.js';
import { top, version } from '../support/paths.js';

const read = (file: string) => parse(readFileSync(join(top, file), 'utf8'));

const project = () => ({
	'a.procready.yaml': 'command: "true"\ncases: [{ name: good }]',
	'b.procready.yaml': 'command: "false"\ncases: [{ name: bad }]',
});

t.test('GitHub: the steps of the action', async (t) => {
	const { runs, inputs } = read('.github/actions/procready/action.yml');
	t.equal(runs.using, 'composite');
	t.equal(inputs.package.default, `procready@${version}`);
	const [, install, test] = runs.steps;
	const dir = t.testdir({
		...project(),
		bin: { sudo: '#!/bin/sh\n[ "$1" = --preserve-env ] && shift && exec "$@"\n' },
		summary: '',
	});
	chmodSync(`${dir}/bin/sudo`, 0o755);
	const filled = (step: { env: Record<string, string> }, given: Record<string, string>) =>
		Object.fromEntries(
			Object.entries(step.env).map(([name, value]) => [
				name,
				value.replace(/\$\{\{ (\S+) \}\}/g, (_, path: string) => {
					if (path === 'runner.temp') return dir;
					const input = path.slice('inputs.'.length);
					t.ok(Object.hasOwn(inputs, input), `${path} is there`);
					return given[input] ?? inputs[input].default;
				}),
			]),
		);
	await execa('bash', ['-e', '-c', install.run], { env: filled(install, { package: tarball }) });
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

t.test('the release is of the tag, and of what was tested', (t) => {
	const { on, jobs } = read('.github/workflows/release.yml');
	t.strictSame(on, { push: { tags: ['v*'] } });
	const commands: string[] = jobs.release.steps.flatMap(({ run }: { run?: string }) => run ?? []);
	const at = (pattern: RegExp) => commands.findIndex((command) => pattern.test(command));
	t.ok(at(/make .*\btest\b.*\btest-package\b/) < at(/npm publish/), 'tested first');
	t.ok(at(/\$TAG" = "v\$\(node -p/) === 0, 'and the tag is looked at before that');
	t.end();
});

t.test('GitLab: the job that others extend', async (t) => {
	const job = read('.gitlab/procready.gitlab-ci.yml')['.procready'];
	t.equal(job.variables.PROCREADY_PACKAGE, `procready@${version}`);
	const dir = t.testdir(project());
	const run = (script: string[], variables: Record<string, string>) =>
		execa('bash', ['-e', '-c', script.join('\n')], {
			cwd: dir,
			reject: false,
			// where --global installs
			env: {
				...job.variables,
				npm_config_prefix: `${dir}/global`,
				PATH: `${dir}/global/bin:${process.env.PATH}`,
				...variables,
			},
		});
	t.match(await run(job.before_script, { PROCREADY_PACKAGE: tarball }), { exitCode: 0 });
	const { exitCode, stdout } = await run(job.script, {});
	t.equal(exitCode, 1);
	t.match(stdout, /^TAP version 14\n/);
	t.ok(existsSync(`${dir}/${job.artifacts.reports.junit}`));
	t.match(await run(job.script, { PROCREADY_FILES: 'a.procready.yaml' }), { exitCode: 0 });
});
