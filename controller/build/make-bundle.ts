/**
 * Build step: the command line in one file, which start.cjs runs: to find and read 100 of them takes 40 ms of a start. And
 * start.cjs, which is for sh as for Node.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const here = fileURLToPath(new URL('../cli', import.meta.url));
const top = fileURLToPath(new URL('../../..', import.meta.url));
/** The command line, and the OCI runtime. */
const bundles = ['cli', 'oci'].map((name) => fileURLToPath(new URL(`../${name}`, import.meta.url)));

/** In a CommonJS file there is no import.meta, and a require that esbuild sees is bundled too. */
const commonJs = (directory: string): Plugin => ({
	name: 'import.meta',
	setup({ onLoad }) {
		onLoad({ filter: /\/dist\/controller\/.*\.js$/ }, ({ path }) => ({
			contents: readFileSync(path, 'utf8')
				.replaceAll('createRequire(import.meta.url)', 'require')
				.replaceAll(
					'import.meta.url',
					`require('node:url').pathToFileURL(__dirname + '/${relative(directory, path)}')`,
				),
		}));
	},
});

for (const directory of bundles) await bundle(directory);
writeFileSync(
	`${here}/start.cjs`,
	startFile(readFileSync(`${top}/controller/cli/start.sh`, 'utf8'), readFileSync(`${here}/load.cjs`, 'utf8')),
	{ mode: 0o755 },
);

/** What is for sh is a comment for Node, and nothing behind it is read by sh. -f: sh takes none of it for a pattern. */
function startFile(forShell: string, forNode: string): string {
	return `#!/bin/sh -f\n':' /*\n${forShell}*/;\n${forNode}`;
}

/** In ASCII, which load.cts reads the fastest. What esbuild leaves as it is stands in regular expressions. */
function escaped(source: string): string {
	return source.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function bundle(directory: string): Promise<void> {
	const filename = `${directory}/bundle.cjs`;
	// V8 would take them for those of any source of the same length
	for (const arch of ['x64', 'arm64']) rmSync(`${filename}.${arch}.compiled`, { force: true });
	const {
		outputFiles: [output],
	} = await build({
		entryPoints: [`${directory}/main.js`],
		outfile: filename,
		write: false,
		bundle: true,
		platform: 'node',
		target: 'node20',
		format: 'cjs',
		minifyWhitespace: true,
		supported: { 'template-literal': false }, // a tag sees an escape in its text as it is written
		plugins: [commonJs(directory)],
		logLevel: 'warning',
	});
	writeFileSync(filename, escaped(output?.text as string));
}
