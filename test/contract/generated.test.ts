/** What is generated and committed is what its source says today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { generatedReadme, manPages } from '../../controller/build/generate-manual.js';
import { generatedTypes } from '../../controller/build/generate-types.js';
import { commands } from '../../controller/cli/commands.js';
import { top } from '../support/paths.js';

t.test('the types of the init config and of the messages are those of schema/; else: make generate', async (t) => {
	for (const [path, text] of Object.entries(generatedTypes()))
		t.equal(readFileSync(join(top, path), 'utf8'), text, path);
});

t.test(
	'controller/cli/README.md is made of the flags, the limits and the subcommands; else: make generate',
	async (t) => {
		for (const [path, text] of Object.entries(generatedReadme()))
			t.equal(readFileSync(join(top, path), 'utf8'), text, path);
	},
);

t.test('each page of the manual names its flags, and holds nothing that roff would take for a request', async (t) => {
	const pages = Object.entries(manPages());
	t.ok(pages.length > 12);
	for (const [file, text] of pages) {
		const requests = [...text.matchAll(/^\.\w+/gm)].map(([request]) => request);
		t.strictSame(
			[...new Set(requests)].filter((one) => !/^\.(TH|SH|PP|TP|BR|B|I|br|nh|ad)$/.test(one)),
			[],
			file,
		);
		const page = file.replace(/^procready-?|\.1$/g, '');
		const flags = Object.values((await commands[page]?.())?.page.topics ?? {}).flatMap((topic) => Object.keys(topic));
		for (const flag of flags) t.ok(text.includes(`\\-\\-${flag.replaceAll('-', '\\-')}\\fP`), `${file}: --${flag}`);
		t.match(text, /^\.TH PROCREADY\S* 1 /, file);
	}
});
