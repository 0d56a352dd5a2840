/**
 * Command lines that look random, of each subcommand: each runs, or is refused with a sentence and 125; none is the end of
 * procready by an error of JavaScript. 80 of them; 3000 by `make test-faults`. SEED for others.
 */
import '../support/own-network.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { commands } from '../../controller/cli/commands.js';
import type { Flags } from '../../controller/model/flag.js';
import { cli, smallest } from '../support/paths.js';
import { generator } from '../support/random.js';
import { type Next, pick, wordsOf } from '../support/texts.js';

const { FAULTS, SEED = '1' } = process.env;
const count = FAULTS === 'all' ? 3000 : 80;
/** Milliseconds: far more than any of them takes. */
const patience = 60_000;

/** In a directory and a /run of its own: names that look random may be those of somebody's containers. */
const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const own = ['--mount', 'sh', '-c', 'mount -t tmpfs none /run && exec "$@"', 'sh'];

/** What stands behind the flags. */
const rests: Record<string, string[][]> = {
	run: [['--', smallest], ['--', smallest], [smallest], [], ['--']],
	exec: [['none', '--', smallest], ['none'], []],
	search: [['pids.max', '--', smallest], ['--all', '--', smallest], []],
	sweep: [['pids.max=1..3', '--', smallest], ['cpu.max=x..y', '--', smallest], []],
};
const named = [['none'], [], ['none', 'none']];

/** Those of a trial may say of the program that it failed, and serve that its client has gone. */
const maySayFailed = ['test', 'search', 'sweep', 'doctor', 'serve'];

async function lineOf(next: Next): Promise<string[]> {
	const name = pick(next, [...Object.keys(commands), 'run', 'run', 'run']);
	const { page } = await (commands[name] as () => Promise<{ page: { topics: Record<string, Flags> } }>)();
	const flags: Flags = Object.assign({}, ...Object.values(page.topics));
	return [name, ...wordsOf(next, flags), ...pick(next, rests[name] ?? named)].filter((word) => !word.includes('\0'));
}

const noSentence =
	/^\s+at .*:\d+:\d+|TypeError|RangeError|ReferenceError|node:internal|\[object |a fault of procready itself/m;

t.test('each runs, or is refused with a sentence', async (t) => {
	t.comment(`SEED=${SEED}`);
	const next = generator(Number(SEED));
	const statuses: Record<string, number> = {};
	for (let i = 0; i < count; i++) {
		const line = await lineOf(next);
		const { exitCode, stdout, stderr, timedOut, signal } = await execa(
			'unshare',
			[...own, process.execPath, cli, ...line],
			{
				...{ reject: false, cwd: directory, timeout: patience, killSignal: 'SIGKILL', stdin: 'ignore' },
			},
		);
		const status = timedOut ? 'no end' : (signal ?? exitCode ?? 'none');
		statuses[status] = (statuses[status] ?? 0) + 1;
		const isWrong =
			typeof status !== 'number' ||
			(status === 1 && !maySayFailed.includes(line[0] as string)) ||
			(status === 125 && stderr.trim() === '') ||
			noSentence.test(stdout + stderr);
		if (isWrong) t.fail(`${JSON.stringify(line)}: ${status}: ${stderr.slice(-1000)}`, { at: null, stack: '' });
	}
	t.comment(JSON.stringify(statuses));
	t.pass(`${count} lines`);
});
