/** The shim as a file, and its documentation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { PT_DYNAMIC, PT_INTERP, PT_LOAD, segments } from '../support/elf.js';
import { shim, top } from '../support/paths.js';

/** Bytes. On arm64 what can be written begins in another 64 KiB than the rest, for kernels that have pages of that size. */
const most = process.arch === 'arm64' ? 135_000 : 100_000;

t.test('static, and small', (t) => {
	const elf = readFileSync(shim);
	t.equal(elf.toString('latin1', 0, 6), '\x7fELF\x02\x01');
	t.ok(segments(elf).includes(PT_LOAD));
	t.notOk(segments(elf).includes(PT_INTERP), 'no loader');
	t.notOk(segments(elf).includes(PT_DYNAMIC), 'no library');
	t.ok(elf.length <= most, `${elf.length} bytes`);
	t.end();
});

t.test('what the init writes to is in one page: LARGE in shim/shim.h', (t) => {
	const map = readFileSync(`${shim}.map`, 'utf8');
	const addresses = (pattern: RegExp) => [...map.matchAll(pattern)].map(([, address]) => Number(address));
	const [data = 0] = addresses(/^\.data +(0x\w+)/gm);
	const [large = 0, ...others] = addresses(/^ COMMON +(0x\w+)/gm);
	t.ok(others.length > 2 && large > data, 'what is large stands behind the rest');
	t.ok(large - data <= 4096 - (data % 4096), `${large - data} bytes from ${data.toString(16)} on`);
	t.end();
});

t.test('the steps in shim/README.md are those of the program', async (t) => {
	const { stdout } = await execa(shim, ['--steps']);
	t.ok(stdout.split('\n').length > 10);
	t.ok(readFileSync(join(top, 'shim/README.md'), 'utf8').includes(stdout), 'verbatim');
});

t.test('shim/README.md names every file once in its table, and no step or file that is not there', async (t) => {
	const documentation = readFileSync(join(top, 'shim/README.md'), 'utf8');
	const table = (title: string) => documentation.split(`## ${title}`)[1]?.split('\n## ')[0] ?? '';
	const files = readdirSync(join(top, 'shim')).filter((name) => name.endsWith('.c'));
	const named = (text: string) => [...text.matchAll(/[a-z0-9-]+\.c\b/g)].map(([name]) => name);
	t.strictSame(named(table('The files')).sort(), files.sort());

	const counterparts = table("Where the functions of libcontainer's init_linux.go are").split('\n| ').slice(3);
	t.ok(counterparts.length > 10);
	const { stdout } = await execa(shim, ['--steps']);
	const steps = ['config', ...[...stdout.matchAll(/^\| [\w ]+ \| ([\w-]+) \|/gm)].map(([, name]) => name)];
	for (const row of counterparts) {
		const [, cell = '', where = ''] = row.split(' | ');
		for (const step of cell
			.replace(/:.*?(; |$)/g, '$1')
			.split(/[,;] /)
			.filter((name) => /^[\w-]+$/.test(name)))
			t.ok(steps.includes(step), step);
		for (const file of named(where)) t.ok(files.includes(file), file);
	}
});

t.test('each function in shim.h stands under the file that defines it', (t) => {
	const sections = readFileSync(join(top, 'shim/shim.h'), 'utf8')
		.split(/^\/\* (?=.*\.c\b)/m)
		.slice(1);
	const declared = sections.flatMap((section) => {
		const file = /[a-z0-9-]+\.c/.exec(section)?.[0] as string;
		return [...section.matchAll(/^[A-Za-z_][\w *]*?(\w+)\(/gm)].map(([, name]) => ({ file, name }));
	});
	t.ok(declared.length > 100, `${declared.length} functions`);
	for (const { file, name } of declared)
		t.match(
			readFileSync(join(top, 'shim', file), 'utf8'),
			new RegExp(`^(?!static )[A-Za-z_][\\w *]*\\b${name}\\([^;{]*\\)\\n\\{`, 'm'),
			`${file}: ${name}`,
		);
	t.end();
});
