/** Every command of the cookbook runs, and prints what is shown: `…` is any text, and a number any number. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cli, top } from '../support/paths.js';

const cookbook = join(top, 'test/cookbook');
const text = readFileSync(join(cookbook, 'README.md'), 'utf8');

const directory = mkdtempSync(join(tmpdir(), 'procready-cookbook-'));
cpSync(cookbook, directory, { recursive: true });
symlinkSync(cli, join(directory, 'procready'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** Numbers with their units, and blanks of tables, are all alike. */
const plain = (line: string) =>
	line
		.replace(/\d+(\.\d+)?( (µs|ms|s|KiB|MiB)\b)?/g, 'N')
		.replace(/\s+/g, ' ')
		.trim();

function pattern(line: string): RegExp {
	const parts = plain(line)
		.split(/ ?… ?/)
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	return new RegExp(`^${parts.join('.*')}$`, 'm');
}

t.jobs = 3; // most of the time is waited; throttling shows only where a program can have more than its quota

for (const section of text.split(/^## /m).slice(1)) {
	const [title = ''] = section.split('\n');
	t.test(title, { buffered: !/processor|All of that/.test(title) }, async (t) => {
		for (const [, block = ''] of section.matchAll(/^```\n(\$ [\s\S]*?)^```$/gm))
			for (const [, command = '', shown = ''] of block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
				const { all, exitCode } = await execa('sh', ['-c', command], {
					cwd: directory,
					reject: false,
					all: true,
					env: { PATH: `${directory}:${process.env.PATH}` },
				});
				t.equal(exitCode, 0, command);
				const printed = all.split('\n').map(plain).join('\n');
				for (const line of shown.split('\n').filter((line) => !/^…?$/.test(line)))
					t.match(printed, pattern(line), line);
			}
	});
}

t.test('fifteen questions, and no file that none of them names', async (t) => {
	t.strictSame(
		[...text.matchAll(/^## (\d+)\. /gm)].map(([, number]) => Number(number)),
		Array.from({ length: 15 }, (_, index) => index + 1),
	);
	for (const file of readdirSync(cookbook)) if (file !== 'README.md') t.match(text, `](${file})`, file);
});
