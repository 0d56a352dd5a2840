/**
 * Build step: `make-package.js DIRECTORY` puts there what an npm package has: the controller as it was compiled, the programs
 * of each processor, the schemas, and the texts. The same sources give the same files.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../../..', import.meta.url));
const [, , into] = process.argv;
if (into === undefined) throw new Error('usage: make-package.js DIRECTORY');

/** Needed to build, valid for one release of Node alone, or compiled from a file that is not there any more. */
function isLeftOut(path: string): boolean {
	if (/\/dist\/controller\/build(\/|$)|\/dist\/controller\/.*\.map$|\.compiled$/.test(path)) return true;
	const [, source, c] = /\/dist(\/controller\/.*)(?:(?<!\.d)\.js|\.d\.(c?)ts)$/.exec(path) ?? [];
	return source !== undefined && !existsSync(join(top, `${source}.${c ?? ''}ts`));
}

rmSync(into, { recursive: true, force: true });
mkdirSync(into, { recursive: true });
for (const path of ['dist/controller', 'schema', 'LICENSE', 'CHANGELOG.md'])
	cpSync(join(top, path), join(into, path), { recursive: true, filter: (from) => !isLeftOut(from) });
for (const architecture of ['x64', 'arm64'])
	for (const program of ['procready-shim', 'procready-seccomp']) {
		const path = join('dist', architecture, program);
		if (!existsSync(join(top, path))) throw new Error(`there is no ${path}: make pack builds it`);
		cpSync(join(top, path), join(into, path));
	}
mkdirSync(join(into, 'man'));
for (const page of readdirSync(join(top, 'dist')).filter((name) => name.endsWith('.1')))
	cpSync(join(top, 'dist', page), join(into, 'man', page));
cpSync(join(top, 'dist/completion'), join(into, 'completion'), { recursive: true });

for (const name of readdirSync(into, { recursive: true, encoding: 'utf8' }).filter((file) => /\.c?js$/.test(file))) {
	const path = join(into, name);
	writeFileSync(path, readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
}

const { devDependencies, ...manifest } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
writeFileSync(join(into, 'package.json'), `${JSON.stringify(manifest, undefined, '\t')}\n`);

/** What README.md links to is where the sources are. */
const sources = `${manifest.repository.url.replace(/^git\+|\.git$/g, '')}/blob/v${manifest.version}/`;
const readme = readFileSync(join(top, 'README.md'), 'utf8');
writeFileSync(join(into, 'README.md'), readme.replace(/\]\((?!#|\w+:)/g, `](${sources}`));
