/** The package: what is in it, and that it runs from the tarball alone, for a new user and in a project in TypeScript. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { machineOf, PT_INTERP, segments } from '../support/elf.js';
import { installed, tarball } from '../support/installed.js';

t.test('the programs of both processors, static, and nothing of the sources', async (t) => {
	using project = await installed([]);
	const { stdout } = await execa('tar', ['-tzf', tarball]);
	const files = stdout.split('\n').map((name) => name.replace('package/', ''));
	t.strictSame(
		files.filter((name) => /\.(map|c|h)$|\.compiled$|\/build\/|^test\/|(?<!\.d)\.c?ts$/.test(name)),
		[],
	);
	for (const text of ['README.md', 'LICENSE', 'CHANGELOG.md', 'man/procready-run.1', 'completion/_procready'])
		t.ok(files.includes(text), text);
	const package_ = join(project.cwd, 'node_modules/procready');
	for (const [architecture, machine] of [
		['x64', 62],
		['arm64', 183],
	] as const)
		for (const program of ['procready-shim', 'procready-seccomp']) {
			const elf = readFileSync(join(package_, 'dist', architecture, program));
			t.equal(machineOf(elf), machine, `${program} for ${architecture}`);
			t.notOk(segments(elf).includes(PT_INTERP), 'no loader');
		}
	const sources = files.filter((name) => /\.c?js$/.test(name));
	t.ok(sources.length > 100);
	for (const name of sources)
		t.notMatch(readFileSync(join(package_, name), 'utf8').slice(-200), '//# sourceMappingURL', name);
	const readme = readFileSync(join(package_, 'README.md'), 'utf8');
	const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
	t.ok(links.length > 5);
	for (const target of links) t.match(target, /^(https:\/\/|#)/, 'leads somewhere from wherever it is read');
});

t.test('as a new user, in an empty folder, without a compiler', async (t) => {
	using project = await installed([]);
	const forks = 'for i in 1 2 3 4 5; do sleep 0.2 & done; wait';
	const run = await project.run(['npx', '--no', '--', 'procready', 'run', '--pids-max', '4', '--', 'sh', '-c', forks]);
	t.equal(run.exitCode, 2);
	t.match(run.output, 'pids.max: The limit of 4 tasks was hit: 1 fork refused.');
	const help = await project.run(['npx', '--no', '--', 'procready', '--help']);
	t.match(help, { exitCode: 0, output: /procready run \[OPTION\]/ });

	writeFileSync(
		join(project.cwd, 'procready.yaml'),
		'cases:\n  - name: one task\n    command: [true]\n    limits: { pids: 1 }\n',
	);
	t.match(await project.run(['npx', '--no', '--', 'procready', 'test']), { exitCode: 0 });

	writeFileSync(
		join(project.cwd, 'validate.cjs'),
		`const { Ajv2020 } = require('ajv/dist/2020.js');
		const { readFileSync } = require('node:fs');
		const ajv = new Ajv2020({ allowUnionTypes: true, discriminator: true, strictRequired: false });
		const fits = (name, text) => ajv.getSchema(name + '.schema.json')(JSON.parse(text));
		for (const name of ['result', 'events']) ajv.addSchema(require('procready/schema/' + name + '.schema.json'));
		const events = readFileSync('events', 'utf8').trim().split('\\n');
		console.log(fits('result', readFileSync('report', 'utf8')), events.every((event) => fits('events', event)));`,
	);
	await project.run(['npx', '--no', '--', 'procready', 'run', '--json', 'report', 'true']);
	await project.run(['npx', '--no', '--', 'procready', 'test', '--reporter', 'jsonl=events']);
	t.strictSame(await project.run([process.execPath, 'validate.cjs']), { exitCode: 0, output: 'true true' });

	writeFileSync(
		join(project.cwd, 'library.mjs'),
		`import { run } from 'procready';
		const { exitCode, limits } = await run(['true'], { limits: { pids: 1 } });
		console.log(exitCode, limits[0].value);`,
	);
	t.strictSame(await project.run([process.execPath, 'library.mjs']), { exitCode: 0, output: '0 1' });
});

t.test('in a project in TypeScript, where libraries are checked too', async (t) => {
	using project = await installed(['typescript@5.9.3', '@types/node@20']);
	const { cwd, run } = project;
	const uses = `
		import { Container, type Limits, run } from 'procready';
		import { fitsIn } from 'procready/node-test';
		const limits: Limits = { pids: 4, memory: '64M' };
		export async function main(): Promise<string> {
			const { verdict } = await run(['true'], { limits });
			await fitsIn(['true'], limits);
			const container = await Container.launch(['true'], { limits });
			await container.wait();
			return verdict.outcome;
		}
		main().then(console.log);
	`;
	writeFileSync(join(cwd, 'module.mts'), uses);
	writeFileSync(join(cwd, 'common.cts'), uses);
	writeFileSync(join(cwd, 'old.cts'), uses.replace('main().then(console.log);', ''));
	const strict = [
		'--strict',
		'--exactOptionalPropertyTypes',
		'--target',
		'es2023',
		'--lib',
		'es2023,esnext.disposable',
	];
	for (const [file, ...options] of [
		['module.mts', '--module', 'nodenext'],
		['common.cts', '--module', 'nodenext'],
		['old.cts', '--module', 'commonjs', '--moduleResolution', 'node10'],
	] as const) {
		const { exitCode, output } = await run(['tsc', ...strict, ...options, file]);
		t.equal(exitCode, 0, `${file}: ${output}`);
	}
	for (const file of ['module.mjs', 'common.cjs'])
		t.match(await run([process.execPath, file]), { exitCode: 0, output: 'passed' }, file);
});
