/** What bash and zsh complete, each asked as the shell would be. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { completions } from '../../controller/build/generate-completion.js';

/** One that everybody may enter: zsh looks in it as another user. */
const directory = mkdtempSync(join(tmpdir(), 'procready-completion-'));
t.teardown(() => rmSync(directory, { recursive: true }));
chmodSync(directory, 0o755);
for (const name of ['bin', 'procready']) mkdirSync(join(directory, name));
for (const name of ['suite.yaml', 'procready/web.json', 'procready/db.json']) writeFileSync(join(directory, name), '');
for (const [name, text] of Object.entries(completions())) writeFileSync(join(directory, name), text);
const env = { XDG_RUNTIME_DIR: directory };

/** What bash would offer for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
	const script = `
		source procready.bash
		_procready_containers() { for file in procready/*.json; do file=\${file##*/}; echo "\${file%.json}"; done; }
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_procready procready "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
		printf '%s\\n' "\${COMPREPLY[@]}"`;
	const { stdout } = await execa('bash', ['--norc', '-c', script, 'bash', ...words], { cwd: directory, env });
	return stdout.split('\n').filter((line) => line !== '');
}

t.test('bash', async (t) => {
	for (const [words, expected] of [
		['procready |', ['run', 'exec', 'test', 'doctor', 'help']],
		['procready he|', ['help']],
		['procready help swe|', ['sweep']],
		['procready run --pids-m|', ['--pids-max']],
		['procready run --rootfs b|', ['bin']],
		['procready run --rootfs = b|', ['bin']],
		['procready run --user roo|', ['root']],
		['procready run -u roo|', ['root']],
		['procready run --cap-drop SYS_PT|', ['SYS_PTRACE']],
		['procready run --parent-death-signal SIGUSR|', ['SIGUSR1', 'SIGUSR2']],
		['procready run --rlimit nofi|', ['nofile=']],
		['procready run --keyring |', ['new', 'caller']],
		['procready run --fail-on pids|', ['pids.max']],
		['procready run --exit-status timeo|', ['timeout=']],
		['procready run --json suite|', ['suite.yaml']],
		['procready run --pids-max 4 --rootf|', ['--rootfs']],
		['procready run --rlimit nofile = 4 --rootf|', ['--rootfs']],
		['procready run --pids-max |', []],
		['procready run -- mkfif|', ['mkfifo']],
		['procready run --read-only mkfif|', ['mkfifo']],
		['procready run --pids-max 4 -- cat suite|', ['suite.yaml']],
		['procready run true --pids-m|', []],
		['procready exec |', ['db', 'web']],
		['procready exec web --us|', ['--user']],
		['procready exec web -- mkfif|', ['mkfifo']],
		['procready exec --user root w|', ['web']],
		['procready kill web -s SIGKIL|', ['SIGKILL']],
		['procready update w|', ['web']],
		['procready update web --memory-ma|', ['--memory-max']],
		['procready test sui|', ['suite.yaml']],
		['procready test suite.yaml sui|', ['suite.yaml']],
		['procready test --reporter jso|', ['jsonl']],
		['procready test --reporter tap1|', ['tap13']],
		['procready test --bail sui|', ['suite.yaml']],
		['procready test --last|', ['--last-failed']],
		['procready search memory.ma|', ['memory.max']],
		['procready search cpu|', ['cpu.max', 'cpu.time', 'cpu.weight']],
		['procready search memory.max -- mkfif|', ['mkfifo']],
		['procready sweep pids.ma|', ['pids.max=']],
		['procready ps --js|', ['--json']],
		['procready nonsense --js|', []],
	] as const) {
		const got = await offered(...words.replace('|', '').split(' '));
		if (words === 'procready |') for (const word of expected) t.ok(got.includes(word), word);
		else t.strictSame([...new Set(got)].sort(), [...expected].sort(), words);
	}
});

t.test('zsh', async (t) => {
	const { failed } = await execa('zsh', ['--version'], { reject: false });
	if (failed) return void t.pass('there is no zsh to ask');
	// a terminal whose shell is told to complete, and what it then shows
	const complete = async (words: string) => {
		const script = `
			zmodload zsh/zpty
			zpty z zsh -f -i
			zpty -w z "PROMPT=; fpath=(${directory} \\$fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep; EUID=65534"
			zpty -w z "bindkey '^I' list-choices; LISTMAX=0; print REA''DY"
			zpty -r -m z line '*READY*'
			zpty -w -n z "${words}"$'\\t'
			sleep 1
			zpty -w -n z $'\\C-u'"print DO''NE"$'\\n'
			zpty -r -m z line '*DONE*'
			print -r -- "$line"
			zpty -d z`;
		const { all } = await execa('zsh', ['-f', '-c', script], {
			cwd: directory,
			env,
			all: true,
			reject: false,
			stdin: 'ignore',
		});
		return all;
	};
	for (const [words, expected] of [
		['procready ', /sweep +.*-- /],
		['procready run --memory-s', /--memory-swap-max/],
		['procready run --keyring ', /caller +new/],
		['procready kill ', /db +web/],
		['procready run -- mkfif', /mkfifo/],
	] as const)
		t.match(await complete(words), expected, words);
});
