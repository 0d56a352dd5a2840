/** The report of `procready run` on a terminal, and in a pipe. */
import t from 'tap';
import { procready } from '../support/cli.js';
import { cli } from '../support/paths.js';
import { openPty } from '../support/pty.js';

const command = ['run', '--pids-max', '1', '--', 'sh', '-c', 'true & wait'];
const outcome = 'procready: sh exited with status 2';

/** What the environment of the tests says does not count here. */
const neutral = { NO_COLOR: '', FORCE_COLOR: '', TERM: 'xterm' };

async function onTerminal(env: Record<string, string>): Promise<string> {
	const size = { rows: 25, columns: 80, env: { ...neutral, ...env } };
	await using pty = await openPty([process.execPath, cli, ...command], size);
	return (await pty.ended).screen;
}

t.test('on a terminal: the outcome bold, the cause in a colour, the account pale', async (t) => {
	const screen = await onTerminal({});
	t.ok(screen.includes(`\x1b[1m${outcome}`), screen);
	t.ok(screen.includes('\x1b[33m  pids.max: The limit of 1 task was hit: 1 fork refused.\x1b[0m'), screen);
	t.ok(screen.includes('\x1b[2m    tasks    peak 1 of 1, 1 refused\x1b[0m'), screen);
});

t.test('not on one whose environment says no', async (t) => {
	for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }] as Record<string, string>[]) {
		const screen = await onTerminal(env);
		t.ok(screen.includes(outcome), JSON.stringify(env));
		t.notMatch(screen, '\x1b[', JSON.stringify(env));
	}
});

t.test('in a pipe only where the environment says yes', async (t) => {
	const plain = await procready(command, { env: neutral });
	t.ok(plain.stderr.includes(`\n${outcome}`), plain.stderr);
	t.notMatch(plain.stderr, '\x1b');
	const forced = await procready(command, { env: { ...neutral, FORCE_COLOR: '1' } });
	t.ok(forced.stderr.includes(`\n\x1b[1m${outcome}`), forced.stderr);
});
