/** `fd:N` in the place of a file: what the caller has opened is written to, and anything else is refused before it starts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cli } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 's.yaml'), 'cases: [{ name: a, command: "true" }]\n');

/** bash, because dash knows no file descriptors above 9. */
const shell = (script: string) =>
	execa('bash', ['-c', script], { cwd: directory, env: { P: cli }, reject: false, stripFinalNewline: false });
const read = (file: string) => readFileSync(join(directory, file), 'utf8');

t.test('a file, a pipe, and a number of two digits', async (t) => {
	const run = await shell('$P run --json fd:3 --html fd:42 -- echo said 3>json 42>html');
	t.match(run, { exitCode: 0, stdout: 'said\n', stderr: '' });
	t.match(JSON.parse(read('json')), { exitCode: 0, verdict: { outcome: 'passed' } });
	t.match(read('html'), /^<!DOCTYPE html>/);
	const piped = await shell('{ $P run --json fd:3 -- sh -c "exit 4" 3>&1 >/dev/null; } | cat; echo $PIPESTATUS');
	t.match(JSON.parse(piped.stdout.replace(/4\n$/, '')), { exitCode: 4 });
	t.match(piped.stdout, /\n4\n$/);
	t.match(await shell('$P run --json fd:1 -- true | grep -c exitCode'), { stdout: '1\n' });
});

t.test('what is open is added to, not begun anew', async (t) => {
	await shell('echo before >log; for i in 1 2; do $P run --json fd:3 -- true 3>>log; done');
	t.match(read('log'), /^before\n\{/);
	t.equal(read('log').match(/"exitCode"/g)?.length, 2);
});

t.test('the command does not get it', async (t) => {
	const { stdout } = await shell('$P run --json fd:7 -- sh -c "echo x >&7" 2>/dev/null 7>none; cat none');
	t.match(JSON.parse(stdout), { exitCode: 2 });
});

t.test('reporters, sweeps and searches', async (t) => {
	t.match(await shell('$P test -r tap -r jsonl=fd:5 s.yaml 5>events'), { exitCode: 0, stdout: /^TAP version/ });
	t.match(JSON.parse(read('events').split('\n')[0] ?? ''), { type: 'start' });
	t.match(await shell('$P sweep pids.max=1..2 --csv fd:4 -- true 4>table >/dev/null'), { exitCode: 0 });
	t.match(read('table'), /^limit,value,/);
});

t.test('what cannot be written to is refused, and nothing runs', async (t) => {
	for (const [redirections, number, message] of [
		['', '200', '200: the caller has no file open as 200: open it for procready, as in 200>FILE'],
		['', '2147483647', '2147483647: the caller has no file open as 2147483647: .*'],
		['7<s.yaml', '7', '7: the caller has no file open for writing as 7: open it for procready, as in 7>FILE'],
		['7< <(:)', '7', '7: the caller has no file open for writing as 7: .*'],
		['', 'x', 'x: is not fd: and the number of an open file; write ./fd:… for a file of that name'],
		['', '03', '03: is not fd: .*'],
		['', '', ': is not fd: .*'],
		['', '99999999999', '99999999999: is not fd: .*'],
	] as const)
		for (const [flag, words] of [
			['--json', `run --json fd:${number} -- echo ran`],
			['--html', `run --html fd:${number} -- echo ran`],
			['--reporter', `test -r jsonl=fd:${number} s.yaml`],
		] as const) {
			const { exitCode, stdout, stderr } = await shell(`$P ${words} ${redirections}`);
			t.match(stderr, new RegExp(`^procready: ${flag}: fd:${message}\n$`), `${flag} ${number}`);
			t.match({ exitCode, stdout }, { exitCode: flag === '--reporter' ? 2 : 125, stdout: '' });
		}
	const { stdout, stderr } = await shell('for n in $(seq 3 40); do $P run --json fd:$n -- echo ran; done');
	t.equal(stdout, '', 'nor to one that Node has opened for itself');
	t.equal(stderr.match(/: the caller has no file open .*: open it for procready/g)?.length, 38);
});

t.test('what takes no more is an error at the end', async (t) => {
	const { exitCode, stdout, stderr } = await shell('$P run --json fd:3 -- echo ran 3>/dev/full');
	t.match({ exitCode, stdout }, { exitCode: 125, stdout: 'ran\n' });
	t.match(stderr, /^procready: --json fd:3: cannot be written: ENOSPC: /);
	t.match(await shell('{ $P run --json fd:3 -- sh -c "exit 4" 3>&1 >/dev/null; echo $? >&2; } | true'), {
		stderr: '4\n',
	});
});
