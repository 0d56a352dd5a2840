/** run --watch: the live container in the last lines of a real terminal, and what is left of the program's own lines. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe, python, top } from '../support/paths.js';
import { openPty } from '../support/pty.js';

const columns = 100;
const rows = 24;
const env = { LANG: 'C.UTF-8' };

const watched = (script: string, size: { rows: number; columns: number; env?: object } = { rows, columns, env }) =>
	openPty(
		[process.execPath, cli, 'run', '--watch', '--pids-max', '3', '--memory-max', '64M', '--', 'sh', '-c', script],
		size,
	);

/** These bytes. */
const sent = (...texts: string[]) => new RegExp(texts.map((text) => text.replace(/[[?]/g, '\\$&')).join('.*'), 's');

/** The lines of a terminal that got these bytes. */
function linesOf(bytes: string, width = columns, height = rows): string[] {
	const screen = execFileSync(python, [`${top}/test/support/screen.py`, String(width), String(height)], {
		input: bytes,
		encoding: 'utf8',
	});
	return screen.split('\n').slice(0, height);
}

const block = [
	/^─ sh {2}running, .* s? ?─+$/,
	/^memory +[▁▂▃▄▅▆▇█]* \S+ \S+ of 64 MiB/,
	/^tasks +[▁▂▃▄▅▆▇█]+ \d of 3/,
	/^cpu +[▁▂▃▄▅▆▇█ ]+ \d+ %, /,
];

t.test('what the program prints goes on above the block, and stays', async (t) => {
	const print =
		'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26; do echo "line $i"; done';
	await using pty = await watched(
		`${print}; printf 'in the middle'; sleep 0.7; printf ' of a line'; read x; echo "$x"`,
	);
	const shown = await pty.see(sent(' of a line', '\x1b8', '\x1b8'));
	pty.type('typed\n');
	const { status, mode, screen } = await pty.ended;
	t.match({ status, mode }, { status: 0, mode: 'cooked' });
	const lines = linesOf(screen.slice(0, screen.indexOf(shown) + shown.length));
	const above = Array.from({ length: 18 }, (_, index) => `line ${index + 9}`);
	t.strictSame(lines.slice(0, 19), [...above, 'in the middle of a line']);
	for (const [index, expected] of block.entries()) t.match(lines[19 + index], expected);
	t.equal(lines[23], 'hit     no limit yet');
	const left = linesOf(screen);
	const end = left.findIndex((line) => line.startsWith('in the middle of a line'));
	t.match(left.slice(end, end + 3), [
		/^in the middle of a linetyped$/,
		'typed',
		/^procready: sh exited with status 0 after /,
	]);
	t.notMatch(left.join('\n'), /─|hit {5}/, 'nothing of the block is left');
	t.match(screen, '\x1b[r', 'and all of the screen scrolls again');
});

t.test('hits as they come, and pauses', async (t) => {
	await using pty = await watched(`${probe} forks & exec sleep 30`);
	await pty.see(/hit {5}pids\.max: 1 fork refused/);
	process.kill(pty.pid, 'SIGINT');
	const { status, mode, screen } = await pty.ended;
	t.match({ status, mode }, { status: 130, mode: 'cooked' });
	t.match(linesOf(screen).join('\n'), /^procready: sh was ended by SIGINT/m);
	t.notMatch(linesOf(screen).join('\n'), /─/);
	t.strictSame(await leftoversAfter('probe forks'), []);
});

t.test('a window that changes', async (t) => {
	await using pty = await watched('echo first; sleep 30');
	await pty.see(/no limit yet/);
	pty.resize(12, 60);
	await pty.see(sent('\x1b[1;7r'));
	await pty.see(sent('\x1b[8;1H\x1b[2K', '─ sh'));
	pty.resize(6, 60);
	await pty.see(sent('\x1b[r\x1b[8;1H\x1b[J'));
	pty.resize(30, 120);
	await pty.see(sent('\x1b[1;25r'));
	await pty.see(sent('\x1b[26;1H'));
	process.kill(pty.pid, 'SIGTERM');
	t.match((await pty.ended).screen, '\x1b[r\x1b[26;1H\x1b[J');
});

t.test('without UTF-8, without colours, and in a window that is too small', async (t) => {
	const plainly = ['env', 'LC_ALL=', 'LC_CTYPE=', 'LANG=C', 'NO_COLOR=1', process.execPath, cli];
	await using plain = await openPty([...plainly, 'run', '--watch', '--', 'sleep', '0.3'], { rows, columns: 50 });
	const { screen } = await plain.ended;
	t.match(screen, '- sleep  running');
	t.notMatch(screen, /[^ -~\s]\[[1-9]\d?m/, 'no colour');
	t.notMatch(screen, /[─▁]/);
	await using small = await watched('sleep 0.3', { rows: 9, columns, env: { ...env, NO_COLOR: '1' } });
	const lines = await small.ended;
	t.match(lines.screen, /tasks 1\/3 {3}memory .*\/64 MiB/);
	t.notMatch(lines.screen, '\x1b[');
});

t.test('where there is no terminal: lines', async (t) => {
	const { status, stderr, stdout } = await procready([
		...['run', '--watch', '--pids-max', '1', '--', 'sh', '-c', 'echo out; (true) & sleep 0.1'],
	]);
	t.match({ status, stdout }, { status: 2, stdout: 'out\n' });
	t.match(stderr, /^ +\S+ \S+ {3}tasks \d\/1 {3}memory/m);
	t.match(stderr, /^ {9}pids\.max: 1 fork refused$/m);
	t.match(stderr, /^procready: sh exited with status 2/m);
	t.notMatch(stderr, '\x1b');
	t.match(await procready(['run', '--watch', '-t', '--', 'true']), {
		status: 125,
		stderr: /^procready: --watch: .*--tty/,
	});
});
