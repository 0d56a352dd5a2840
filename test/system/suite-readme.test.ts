/** The suite in the README of the harness, and what that says that it prints. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cli, top } from '../support/paths.js';

t.test('the suite prints what is shown, but for times and sizes', async (t) => {
	const section =
		/^## Test suites$([\s\S]*?)^## /m.exec(readFileSync(join(top, 'controller/harness/README.md'), 'utf8'))?.[1] ?? '';
	const [, suite = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];
	const [, shown = ''] = /^\$ procready test\n([\s\S]*?)^```$/m.exec(section) ?? [];
	const dir = t.testdir();
	writeFileSync(`${dir}/shell.procready.yaml`, suite);
	const { stdout, exitCode } = await execa(process.execPath, [cli, 'test', '--reporter', 'pretty'], {
		cwd: dir,
		reject: false,
	});
	const plain = (text: string) =>
		text
			.trim()
			.replace(/[\d.]+ (µs|ms|s|KiB|MiB)\b/g, 'N')
			.replace(/--cwd \S+/, '--cwd DIR');
	t.equal(plain(stdout), plain(shown));
	t.equal(exitCode, 1);
});
