/** Shards that ran are merged into the report that one run would have written, but for times. CASES: how many, 64 by default. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cli } from '../support/paths.js';
import { faults } from '../support/report-schemas.js';

const cases = Number(process.env.CASES ?? 64);
const dir = t.testdir({});
const at = (name: string) => join(dir, name);
const call = (args: string[]) => execa(process.execPath, [cli, ...args], { cwd: dir, reject: false });

const numbers = Array.from({ length: cases - 4 }, (_, index) => index);
writeFileSync(at('a.procready.yaml'), `command: "true"\ncases: [{ name: n, matrix: { env.N: [${numbers}] } }]`);
writeFileSync(
	at('b.procready.yaml'),
	`cases:
  - { name: bad, shell: 'echo oops; exit 3' }
  - { name: gone, command: /nope, expect: { exitCode: 3 } }
  - { name: skipped, command: 'true', skip: why }
  - { name: flaky, retry: 1, shell: 'mkdir $SUITE_DIR/x 2>/dev/null || exit 0; exit 1' }
`,
);

const forms = ['tap', 'tap13', 'junit', 'pretty', 'github', 'jsonl'];
const reporters = (prefix: string) => [...forms, 'blob'].flatMap((name) => ['-r', `${name}=${prefix}.${name}`]);

/** What may differ from run to run, and what only a merged report has. */
const plain: Record<string, (text: string) => string> = {
	tap: (text) => text.replace(/ # time=.*| +(wall|cpu\.\w+|memory\.peak): .*\n|^# shard .*\n/gm, ''),
	tap13: (text) => text.replace(/^# {3}wall .*\n|^# shard .*\n/gm, ''),
	junit: (text) =>
		text
			.replace(/ (time|timestamp)="[^"]*"|^<property name="(shard|.*: (shard|wall|cpu\.\w+|memory\.peak))".*\n/gm, '')
			.replace(/^(wall|cpu\.\w+|memory\.peak): .*\n/gm, ''),
	pretty: (text) => text.replace(/, [\d.]+ \w+\)$|^ +wall .*\n|^shard .*\n|in [\d.]+ \w+$/gm, ''),
	github: (text) => text.replace(/ in [\d.]+ \w+$/gm, ''),
	jsonl: (text) =>
		text
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line))
			// where cases begin only one that runs them knows in between
			.map(({ type, suite, case: name, status, failures, runs, reason, said, reproduce, passed, failed, flaky }) =>
				JSON.stringify({ type, suite, name, status, failures, runs, reason, said, reproduce, passed, failed, flaky }),
			)
			.join('\n'),
};

t.test('the same report in every form, and the same status', async (t) => {
	t.equal((await call(['test', ...reporters('one')])).exitCode, 1);
	const shards = await Promise.all(
		Array.from({ length: 8 }, (_, index) =>
			call([
				...['test', '--shard', `${index + 1}/8`, '--shard-by', 'time=one.blob'],
				'-r',
				`blob=shards/${index + 1}.blob`,
			]),
		),
	);
	t.strictSame([...new Set(shards.map(({ exitCode }) => exitCode))].sort(), [0, 1]);
	const merged = await call(['merge', 'shards', ...reporters('merged')]);
	t.match(merged, { exitCode: 1, stderr: '', stdout: '' });
	for (const name of forms) {
		const [one, all] = ['one', 'merged'].map((prefix) => plain[name]?.(readFileSync(at(`${prefix}.${name}`), 'utf8')));
		t.equal(all, one, name);
	}
	for (const line of readFileSync(at('merged.jsonl'), 'utf8').trim().split('\n'))
		t.strictSame(faults('events', JSON.parse(line)), []);
	t.match(readFileSync(at('merged.tap'), 'utf8'), /^# shard 8\/8: \d+ cases? in .* on .*, Linux /m);
});

t.test('the shards are equally long, by the times they were divided by', async (t) => {
	const linesOf = (name: string) =>
		readFileSync(at(name), 'utf8')
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line));
	const casesIn = (name: string) => linesOf(name).filter(({ type }) => type === 'case');
	const times = new Map(
		casesIn('one.blob').map(({ file, case: { name }, outcome }) => [`${file}: ${name}`, outcome.duration]),
	);
	const loads = Array.from({ length: 8 }, (_, index) =>
		casesIn(`shards/${index + 1}.blob`).reduce(
			(sum, { file, case: { name } }) => sum + times.get(`${file}: ${name}`),
			0,
		),
	);
	const mean = loads.reduce((sum, one) => sum + one, 0) / 8;
	const longest = Math.max(...times.values());
	t.comment(loads.map((one) => `${Math.round(one)} ms`).join(', '));
	for (const load of loads) t.ok(load <= Math.max(1.15 * mean, longest), `${load} of ${mean}`);
});

t.test('a merged report can be merged, and divides the next run', async (t) => {
	const again = await call(['merge', 'merged.blob', '-r', 'tap']);
	t.equal(again.exitCode, 1);
	t.equal(plain.tap?.(`${again.stdout}\n`), plain.tap?.(readFileSync(at('merged.tap'), 'utf8')));
	t.match(again.stdout, /^# shard 8\/8: /m);
	const listed = await call(['test', '--list', '--shard', '1/2', '--shard-by', 'time=merged.blob']);
	t.equal(listed.exitCode, 0);
});

t.test('a shard that was killed is named, and merged once when it ran again', async (t) => {
	const slow = at('slow.yaml');
	writeFileSync(
		slow,
		'cases: [{ name: quick, command: "true" }, { name: slow, shell: "test -e done || sleep 60" }, { name: c, command: "true" }]',
	);
	const shard = (index: number, file: string) => ['test', 'slow.yaml', '--shard', `${index}/2`, '-r', `blob=${file}`];
	mkdirSync(at('killed'), { recursive: true });
	t.equal((await call(shard(2, 'killed/2.blob'))).exitCode, 0);
	const running = execa(process.execPath, [cli, ...shard(1, 'killed/1.blob')], { cwd: dir, reject: false });
	const text = () => {
		try {
			return readFileSync(at('killed/1.blob'), 'utf8');
		} catch {
			return '';
		}
	};
	while (!text().includes('"name":"quick"')) await new Promise((resolve) => setTimeout(resolve, 20));
	running.kill('SIGKILL');
	await running;
	t.match(await call(['merge', 'killed']), {
		exitCode: 2,
		stdout: '',
		stderr:
			/killed\/1\.blob \(shard 1\/2 on .*\): has no end, .*; it ends after 1 case, the last of them slow\.yaml: quick$/,
	});
	writeFileSync(at('done'), '');
	t.equal((await call(shard(1, 'killed/1-again.blob'))).exitCode, 0);
	t.match(await call(['merge', 'killed', '-r', 'tap']), {
		exitCode: 0,
		stdout: /# 3 passed, 0 failed, 0 skipped$/,
		stderr: /has no end, and does not count: the shard ran again to its end$/,
	});
});

t.test('what was merged is remembered', async (t) => {
	rmSync(at('killed'), { recursive: true });
	const file = `f-${Date.now()}.yaml`; // nothing is remembered of a new one
	writeFileSync(at(file), 'command: "false"\ncases: [{ name: x }, { name: y }]');
	for (const index of [1, 2]) await call(['test', file, '--shard', `${index}/2`, '-r', `blob=f/${index}.blob`]);
	t.match(await call(['test', file, '--list', '--last-failed']), { stderr: /none of these cases failed/ });
	t.equal((await call(['merge', 'f', '-r', 'tap'])).exitCode, 1);
	t.match(await call(['test', file, '--list', '--last-failed']), { stderr: '', stdout: /: x\n.*: y$/ });
});

t.test('what is wrong with the words', async (t) => {
	for (const [args, message] of [
		[[], 'procready: what shards have written is missing: procready merge FILE|DIR...'],
		[['nowhere'], /^procready: nowhere: cannot be read: ENOENT/],
		[['-r', 'odd', 'one.blob'], /"odd" is none of tap/],
		[['--odd', 'one.blob'], /--odd: is not an option of procready merge/],
	] as const)
		t.match(await call(['merge', ...args]), { exitCode: 2, stdout: '', stderr: message });
	t.match(await call(['test', 'a.procready.yaml', './a.procready.yaml', '-r', 'blob=x']), {
		exitCode: 2,
		stderr: /^procready: --reporter blob: \.\/a\.procready\.yaml is the same file as a\.procready\.yaml/,
	});
	t.match(await call(['test', '--shard', '1/2', '--shard-by', 'time=nowhere']), {
		exitCode: 2,
		stderr: /nowhere: cannot be read/,
	});
});
