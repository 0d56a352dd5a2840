/** A part of the faults of `make test-faults-shim`, chosen by a seed: ../faults/README.md. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { top } from '../support/paths.js';

t.test('whatever call of the shim fails, a launch goes on as it is, or says what failed', (t) => {
	const env = { SEED: '1', COUNT: '300', ...process.env };
	const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/test/faults/sweep.js'], {
		cwd: top,
		env,
		encoding: 'utf8',
	});
	t.equal(status, 0, `${stdout}${stderr}`);
	t.match(stdout, /; 0 hangs, 0 other states, 0 false texts, 0 left something; /);
	t.end();
});
