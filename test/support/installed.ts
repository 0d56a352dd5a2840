/** A project of a user's, outside of this checkout, with nothing but what npm installs there: the package and what a test wants. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { top, version } from './paths.js';

/** As `make pack` has made it. */
export const tarball = join(top, `dist/procready-${version}.tgz`);

/** What a user's own shell would have: none of what this test itself runs under. */
const foreign = /^(TAP|_TAPJS|NODE_|VITEST|JEST|npm_)/;
const clean = Object.fromEntries(
	Object.keys(process.env).flatMap((name) => (foreign.test(name) ? [[name, undefined]] : [])),
);

/** `packages` as npm names them, `files` are copied into the project, `manifest` is more of its package.json. */
export async function installed(packages: string[], files: string[] = [], manifest: object = {}) {
	const cwd = mkdtempSync(join(tmpdir(), 'procready-project-'));
	writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module', ...manifest }));
	for (const file of files) copyFileSync(file, join(cwd, basename(file)));
	/** Its output and its exit status, whatever they are. */
	const run = async (command: readonly string[], env: Record<string, string> = {}) => {
		const [file = '', ...args] = command;
		const bin = `${join(cwd, 'node_modules/.bin')}:${process.env.PATH}`;
		const settings = { cwd, env: { ...clean, NO_COLOR: '1', PATH: bin, ...env }, stdin: 'ignore', all: true } as const;
		const { all, exitCode } = await execa(file, args, { ...settings, reject: false });
		return { output: all, exitCode };
	};
	const { output, exitCode } = await run([
		...['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'],
		...[tarball, ...packages],
	]);
	if (exitCode !== 0) throw new Error(output);
	return { cwd, run, [Symbol.dispose]: () => rmSync(cwd, { recursive: true }) };
}
