/** Names that hold what steers a terminal, in every report. */
import t from 'tap';
import { annotation } from '../../controller/harness/reporters/github.js';
import { tap } from '../../controller/harness/reporters/tap.js';
import { shellLine } from '../../controller/model/shell.js';
import { visible, visibleLines } from '../../controller/model/visible.js';
import { outcome } from '../../controller/report/text.js';

const hostile = 'a\x1b[2J\u0007\u009b\u2028\u202e\u{e0001}\ud800\nä√';

t.test('what is not seen is shown, and all else stays', async (t) => {
	t.equal(visible(hostile), 'a\\x1b[2J\\x07\\x9b\\u2028\\u202e\\U000e0001\\ud800\\nä√');
	t.equal(visibleLines('one\ttwo\nthree\x1b'), 'one\ttwo\nthree\\x1b');
	for (const text of ['', 'plain text', 'ä√ 漢字 🙂 C:\\n']) t.equal(visible(text), text);
});

t.test('the first line of a report', async (t) => {
	const ended = { exitCode: 3, signal: null, coreDumped: false, timedOut: false, wallTime: 1 };
	t.equal(outcome({ ...ended, args: [hostile] } as never), `${visible(hostile)} exited with status 3 after 1 ms`);
});

t.test('names in TAP', async (t) => {
	const lines: string[] = [];
	const report = tap({ write: (text: string) => void lines.push(text) } as never);
	report({ type: 'suite-start', suite: { name: hostile, cases: [] } } as never);
	const written = lines.join('');
	for (const character of ['\x1b', '\u202e', '\u2028']) t.notOk(written.includes(character));
	t.match(written, /^# Subtest: a\\x1b\[2J/);
});

t.test('names and messages in workflow commands of GitHub', async (t) => {
	const written = annotation('error', { file: 'a.yaml', line: 1, column: 2 }, hostile, hostile);
	for (const character of ['\x1b', '\u0007', '\u202e', '\u2028']) t.notOk(written.includes(character));
	t.match(written, /title=a\\x1b\[2J\\x07.*\\nä√::a\\x1b\[2J\\x07.*%0Aä√\n$/);
});

t.test('a command to be copied: a shell reads the same words', async (t) => {
	const { execFileSync } = await import('node:child_process');
	for (const word of ['\x1b[2J', '\u202etxt', "it's", 'a\nb', '\u{e0001}', 'ä'])
		t.equal(
			execFileSync('bash', ['--norc', '-c', `printf %s ${shellLine([word])}`], {
				encoding: 'utf8',
				env: { LC_ALL: 'C.UTF-8' },
			}),
			word,
		);
});
