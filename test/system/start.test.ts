import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { version } from '../../controller/host/release.js';
import { cli, top } from '../support/paths.js';

t.test('the command line starts without the code that V8 compiled, and with that of another release', async (t) => {
	const directory = t.testdir({});
	for (const file of ['start.cjs', 'bundle.cjs'])
		copyFileSync(join(top, 'dist/controller/cli', file), join(directory, file));
	for (const compiled of [undefined, '', 'what Node 98 made']) {
		if (compiled !== undefined) writeFileSync(join(directory, 'bundle.cjs.compiled'), compiled);
		const { stdout, stderr } = await execa(process.execPath, [join(directory, 'start.cjs'), '--version']);
		t.equal(stdout, `procready ${version}`);
		t.equal(stderr, '');
	}
});

t.test('its parts are found from anywhere', async (t) => {
	const { stdout } = await execa(cli, ['run', '--dry-run', '--', 'true'], { cwd: '/' });
	t.match(JSON.parse(stdout), { init: { version, args: ['true'] } });
});
