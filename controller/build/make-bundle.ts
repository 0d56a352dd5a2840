/** Build step: the command line in one file, which start.cts runs. To find and read 100 of them takes 40 ms of a start. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const here = fileURLToPath(new URL('../cli', import.meta.url));
const filename = `${here}/bundle.cjs`;

/** In a CommonJS file there is no import.meta, and a require that esbuild sees is bundled too. */
const commonJs: Plugin = {
	name: 'import.meta',
	setup({ onLoad }) {
		onLoad({ filter: /\/dist\/controller\/.*\.js$/ }, ({ path }) => ({
			contents: readFileSync(path, 'utf8')
				.replaceAll('createRequire(import.meta.url)', 'require')
				.replaceAll('import.meta.url', `require('node:url').pathToFileURL(__dirname + '/${relative(here, path)}')`),
		}));
	},
};

rmSync(`${filename}.compiled`, { force: true }); // V8 would take it for that of any source of the same length
const {
	outputFiles: [output],
} = await build({
	entryPoints: [`${here}/main.js`],
	outfile: filename,
	write: false,
	bundle: true,
	platform: 'node',
	target: 'node20',
	format: 'cjs',
	minifyWhitespace: true,
	supported: { 'template-literal': false }, // a tag sees an escape in its text as it is written
	plugins: [commonJs],
	logLevel: 'warning',
});
writeFileSync(filename, escaped(output?.text as string));

/** In ASCII, which start.cts reads the fastest. What esbuild leaves as it is stands in regular expressions. */
function escaped(source: string): string {
	return source.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
