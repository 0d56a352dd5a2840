/** Links of the documents lead to files that are there, and to headings that are in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { top } from '../support/paths.js';

const folders = ['controller', 'schema', 'shim', 'test', '.github'];
const documents = [
	...readdirSync(top).filter((name) => name.endsWith('.md')),
	...folders.flatMap((folder) =>
		readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
			.map((name) => join(folder, name)),
	),
];

/** The names that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
	const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
	return [...headings].map(([, heading = '']) =>
		heading
			.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.trim()
			.replaceAll(' ', '-'),
	);
}

t.ok(documents.length > 10);
for (const document of documents)
	t.test(document, async (t) => {
		const text = readFileSync(join(top, document), 'utf8');
		for (const [, link = ''] of text.replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
			if (/^[a-z]+:/.test(link)) continue;
			const [path = '', anchor] = link.split('#');
			const file = path === '' ? join(top, document) : join(top, dirname(document), path);
			t.ok(existsSync(file), `${link} is there`);
			if (anchor !== undefined && existsSync(file))
				t.ok(anchorsOf(readFileSync(file, 'utf8')).includes(anchor), `${link} is a heading`);
		}
	});
