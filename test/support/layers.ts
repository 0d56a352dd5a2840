/**
 * Which file of controller/ imports which, types included, held against the layers: a folder imports from those of the
 * lines above its own and from itself, never from a sibling on its line, and no files import each other in a ring.
 * Run by itself it prints what breaks that: node dist/test/support/layers.js
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { top } from './paths.js';

/** From the first to the last; those on one line are siblings. */
export const layers: readonly (readonly string[])[] = [
	['model'],
	['host'],
	['plan'],
	['flags', 'cgroup', 'network', 'seccomp', 'protocol', 'report'],
	['container'],
	['faults'],
	['doctor', 'harness'],
	['testing'],
	['cli', 'oci'],
	['build'],
];

/** What every layer may import, and what collects them all for callers. */
const loose = ['errors.ts', 'index.ts'];

/** `[importer, imported]`, paths below controller/. */
export type Import = readonly [from: string, to: string];

const specifier = /(?:^|[\s}])(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)\.(js|cjs)'/g;

export function importsOf(directory = join(top, 'controller')): Import[] {
	const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => /\.c?ts$/.test(file));
	return files.flatMap((file) =>
		[...readFileSync(join(directory, file), 'utf8').matchAll(specifier)]
			.filter(([, , kind]) => kind === 'js')
			.map(([, path]): Import => [file, `${join(dirname(file), path as string)}.ts`])
			.filter(([, to]) => !to.startsWith('..')),
	);
}

/** One sentence for each import that goes upwards or to a sibling, and for each file that lies in no layer. */
export function misplaced(imports: readonly Import[]): string[] {
	const files = [...new Set(imports.flat())];
	const homeless = files.filter((file) => layerOf(file) < 0 && !loose.includes(file));
	return [
		...homeless.map((file) => `${file} is in no layer`),
		...imports.filter(([from, to]) => !mayImport(from, to)).map(([from, to]) => `${from} must not import ${to}`),
	];
}

function mayImport(from: string, to: string): boolean {
	if (from === 'index.ts') return true;
	if (loose.includes(to)) return to !== 'index.ts' || from.startsWith('testing/') || from.startsWith('cli/');
	return folderOf(from) === folderOf(to) || layerOf(to) < layerOf(from);
}

const folderOf = (file: string) => file.split('/')[0] as string;

function layerOf(file: string): number {
	return layers.findIndex((line) => line.includes(folderOf(file)));
}

/** The rings of files that import each other: strongly connected components of more than one file. */
export function cycles(imports: readonly Import[]): string[][] {
	const next = grouped(imports);
	const reach = (start: string) => {
		const seen = new Set<string>();
		const queue = [start];
		for (let file = queue.pop(); file !== undefined; file = queue.pop())
			for (const [, to] of next.get(file) ?? [])
				if (!seen.has(to)) {
					seen.add(to);
					queue.push(to);
				}
		return seen;
	};
	const reached = new Map([...next.keys()].map((file) => [file, reach(file)]));
	const inRing = [...reached.keys()].filter((file) => reached.get(file)?.has(file)).sort();
	const rings: string[][] = [];
	for (const file of inRing) {
		if (rings.some((ring) => ring.includes(file))) continue;
		rings.push(inRing.filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file)));
	}
	return rings;
}

function grouped(imports: readonly Import[]): Map<string, Import[]> {
	const groups = new Map<string, Import[]>();
	for (const one of imports) groups.set(one[0], [...(groups.get(one[0]) ?? []), one]);
	return groups;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const imports = importsOf();
	const found = [...misplaced(imports), ...cycles(imports).map((ring) => `a ring of imports: ${ring.join(', ')}`)];
	console.log([...found, `${imports.length} imports, ${found.length} that break the layers`].join('\n'));
	process.exitCode = found.length > 0 ? 1 : 0;
}
