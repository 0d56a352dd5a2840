/** The command that does the same again: what a shell runs, and nothing of what is better not shown. */
import t from 'tap';
import { againOf } from '../../controller/cli/again.js';
import { parse } from '../../controller/flags/arguments.js';
import * as topics from '../../controller/flags/flags.js';
import { limitFlags } from '../../controller/flags/limits.js';
import type { Flags } from '../../controller/model/flag.js';

const flags: Flags = Object.assign({}, limitFlags, ...Object.values(topics));
const again = (...argv: string[]) => againOf(argv, parse(argv, flags, 'run'), flags);

t.test('the same flags, in their order, without those of the report', (t) => {
	for (const [argv, expected] of [
		[['true'], ['--', 'true']],
		[
			['--pids-max=4', '--html', 'x', '--', 'a', '--html', 'y'],
			['--pids-max', '4', '--', 'a', '--html', 'y'],
		],
		[
			['--json', '-', '--verbose', '--watch', '--html=-', 'a'],
			['--', 'a'],
		],
		[
			['-iw', '/', '--init', 'a', '-w'],
			['--interactive', '--cwd', '/', '--init', '--', 'a', '-w'],
		],
		[
			['--nice=-5', '--umask', '022', 'a'],
			['--nice=-5', '--umask', '022', '--', 'a'],
		],
		[
			['--spec', 'config.json'],
			['--spec', 'config.json'],
		],
	] as const)
		t.strictSame(again(...argv), ['procready', 'run', ...expected], argv.join(' '));
	t.end();
});

t.test('values of variables are not shown', (t) => {
	const words = again('-e', 'A=secret', '--env=B=secret', '-eC=secret', '-e', 'D', 'env');
	t.strictSame(words.slice(2), ['--env', 'A', '--env', 'B', '--env', 'C', '--env', 'D', '--', 'env']);
	t.end();
});

t.test('it is understood, and means the same', (t) => {
	const argv = ['--pids-max=4', '--nice=-5', '-w', '/', '--set', 'a=1', '--set=b=2', '--html', 'x', 'sh', '-c', 'true'];
	const { html, ...values } = parse(argv, flags, 'run').values;
	const read = parse(again(...argv).slice(2), flags, 'run');
	t.strictSame({ ...read.values }, values);
	t.strictSame(read.command, ['sh', '-c', 'true']);
	t.end();
});
