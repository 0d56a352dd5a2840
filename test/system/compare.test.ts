/** Two commands compared, and budgets that are saved and checked: of figures that no busy machine changes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type Budget, type Comparison, compare, measureBudget } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { probe } from '../support/paths.js';
import { faults } from '../support/report-schemas.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const judged = ['tasks.peak', 'memory.peak'] as const;
const figureOf = ({ figures }: Comparison, name: string) => figures.find(({ figure }) => figure === name);

t.test('the same, more and less, of tasks and memory', async (t) => {
	const same = await compare([probe, 'tasks', '3'], [probe, 'tasks', '3'], { judged });
	t.match(same, { grown: false, failed: null, notes: [], base: [probe, 'tasks', '3'] });
	t.match(figureOf(same, 'tasks.peak'), { outcome: 'same', base: 3, now: 3, difference: { estimate: 0 } });
	t.match(figureOf(same, 'forks'), { outcome: 'not counted', base: null, difference: null });
	const runs: number[] = [];
	const more = await compare([probe, 'tasks', '3'], [probe, 'tasks', '4'], {
		judged: [...judged, 'forks'],
		countForks: true,
		onRun: ({ runs: done, maxRuns }) => runs.push(done / maxRuns),
	});
	t.match(figureOf(more, 'tasks.peak'), {
		outcome: 'grown',
		base: 3,
		now: 4,
		difference: { estimate: 1, from: 1, to: 1 },
	});
	t.match(figureOf(more, 'forks'), { outcome: 'grown', base: 2, now: 3 });
	t.ok((figureOf(more, 'tasks.peak')?.certainty ?? 0) > 0.998);
	t.equal(more.grown, true);
	t.equal(runs.length, more.runs.base + more.runs.command);
	const size = (mebibytes: number) => [probe, 'touch', String(mebibytes * 2 ** 20)];
	const memory = await compare(size(20), size(22), { judged });
	t.equal(figureOf(memory, 'memory.peak')?.outcome, 'grown', '10 %');
	const less = await compare(size(22), size(20), { judged });
	t.match([figureOf(less, 'memory.peak')?.outcome, less.grown], ['shrunk', false]);
	t.strictSame(leftovers(probe), []);
});

t.test('limits hold for both; what does not pass, or cannot start, ends it', async (t) => {
	const limits = { pids: 3 };
	const failed = await compare([probe, 'tasks', '3'], [probe, 'tasks', '4'], { limits });
	t.match(failed, { ended: 'not passed', grown: null, figures: [] });
	t.match(failed.failed, {
		side: 'command',
		run: 0,
		reason: /The limit of 3 tasks was hit/,
		result: { exitCode: Number },
	});
	t.match((await compare([probe, 'tasks', '4'], ['true'], { limits })).failed, { side: 'base' });
	t.match(await compare(['false'], ['false'], { expect: { exitCode: 1 }, judged }), { grown: false, failed: null });
	await t.rejects(compare(['true'], ['/nonexistent']), { code: 'command-not-found' });
	await t.rejects(compare(['true'], ['true'], { maxRuns: 11 }), {
		message: 'maxRuns: 11 is not a number from 12 to 200',
	});
	await t.rejects(compare(['true'], ['true'], { judged: ['x' as 'wall'] }), {
		message: /"x" is not one of forks, tasks\.peak/,
	});
	t.match(await compare(['true'], ['true'], { maxTime: 1 }), {
		ended: 'time',
		grown: null,
		figures: [],
		runs: { base: 0 },
	});
	await t.rejects(compare(['true'], ['true'], { judged: ['forks'] }), {
		message: 'judged: forks are counted with countForks (--count-forks) only',
	});
});

t.test('a budget of elsewhere: times are not compared', async (t) => {
	const { budget } = await measureBudget([probe, 'tasks', '2'], 8);
	const moved = { ...(budget as Budget), kernel: '2.6.32' };
	const found = await compare(moved, [probe, 'tasks', '2'], { judged, maxRuns: 8 });
	t.match(found.notes, [/^The budget was saved under Linux 2\.6\.32, and this is .*: times are not compared\.$/]);
	t.match(figureOf(found, 'cpu.total'), { outcome: 'not compared', base: Number, now: Number, certainty: null });
	t.match(figureOf(found, 'tasks.peak'), { outcome: 'same' });
	const times = await compare(moved, [probe, 'tasks', '1'], { judged: ['cpu.total'], maxRuns: 8 });
	t.match(times, {
		grown: null,
		notes: [
			`The budget was saved of another command: ${probe} tasks 2`,
			/times are not compared/,
			'Whether cpu.total grew is not known: it was not compared.',
		],
	});
	t.match(await measureBudget(['false'], 8), { budget: null, failed: { run: 0 } });
	await t.rejects(measureBudget(['true'], 7), { message: /^repeat: 7 is not a number from 8 to 200/ });
});

t.test('the command line of a comparison', async (t) => {
	const ran = (...argv: string[]) => procready(['compare', ...argv]);
	const only = ['--figure', 'tasks.peak', '--figure', 'memory.peak'];
	const same = await ran(...only, '--base', `'${probe}' tasks 3`, '--', probe, 'tasks', '3');
	t.equal(same.status, 0, same.stderr);
	t.match(same.stdout, /^ {2}figure +base +now\n/);
	t.match(same.stdout, /^ {2}tasks\.peak +3 tasks +3 tasks +no difference seen$/m);
	t.match(same.stdout, /^Nothing was seen to grow.* \d+ runs of each\.$/m);
	const markdown = join(directory, 'comment.md');
	const more = await ran(
		'--json',
		'-',
		'--markdown',
		markdown,
		'--base',
		`${probe} tasks 3`,
		'--',
		probe,
		'tasks',
		'4',
	);
	t.equal(more.status, 1);
	const report = JSON.parse(more.stdout);
	t.match(report, {
		kind: 'comparison',
		schemaVersion: 1,
		command: [probe, 'tasks', '4'],
		comparison: { grown: true },
	});
	t.match(more.stderr, /^ {2}tasks\.peak +3 tasks +4 tasks +GREW by 33%, certainty (above )?99\.\d+%$/m);
	t.match(
		readFileSync(markdown, 'utf8'),
		/^### procready: tasks\.peak.* grew.*\n[\s\S]*^\| tasks\.peak \| 3 tasks \| 4 tasks \| GREW/m,
	);
	t.strictSame(faults('result', report), []);
	const failed = await ran('--json', '-', '--base', 'sh -c "exit 3"', '--', 'true');
	t.strictSame(faults('result', JSON.parse(failed.stdout)), []);
	t.equal(failed.status, 125);
	t.match(failed.stderr, /^procready: no comparison: The first run of the base did not pass: .*status 3/m);
	for (const [argv, status, message] of [
		[['--', 'true'], 125, /--base: is missing/],
		[['--base', 'true', 'false', '--', 'true'], 125, /--base: "false" is a word too many/],
		[['--base', 'true'], 125, /a command is missing/],
		[['--base', 'a | b', '--', 'true'], 125, /--base: "a \| b" has "\|", which is for a shell/],
		[['--base', 'none.json', '--', 'true'], 125, /--base: none\.json: cannot be read: ENOENT/],
		[['--base', 'true', '--max-runs', '3', '--', 'true'], 125, /--max-runs: 3 is not a number from 12 to 200/],
		[['--base', 'true', '--max-time', 'x', '--', 'true'], 125, /--max-time: "x" is not a positive time/],
		[['--base', 'true', '--figure', 'x', '--', 'true'], 125, /--figure: "x" is not one of forks/],
		[['--base', 'true', '--json=-', '--markdown=-', '--', 'true'], 125, /--markdown: - is the place of --json/],
		[['--base', '/nonexistent', '--', 'true'], 127, /nonexistent/],
		[['--base', './old', './new'], 125, /"\.\/new" is a word too many: .*; COMMAND comes after --/],
		[['--base', 'true', '--figure', 'forks', '--', 'true'], 125, /--figure: forks are counted with .*--count-forks/],
		[
			['--base', 'true', '--tolerance', '5', '--', 'true'],
			125,
			/--tolerance: 5 is more than 1, which is 100%: write 5%/,
		],
		[['--base', 'true', '--max-time', '1ms', '--', 'true'], 125, /no comparison: The time was up before/],
		[['--base', 'true', '--markdown', '/none/x', '--', 'true'], 125, /--markdown \/none\/x: cannot be written/],
	] as [string[], number, RegExp][]) {
		const bad = await ran(...argv);
		t.equal(bad.status, status, argv.join(' '));
		t.match(bad.stderr, message);
	}
	const none = await ran('--json', '-', '--base', 'true', '--', '/nonexistent');
	const told = JSON.parse(none.stdout);
	t.match(told, { kind: 'error', command: ['/nonexistent'], error: { code: 'command-not-found' } });
	t.ok(none.stderr.includes(told.error.message));
	t.strictSame(faults('result', told), []);
	const unwritten = await ran('--json', '/none/x', '--max-runs', '12', '--base', 'true', '--', 'true');
	t.match(unwritten, { status: 125, stderr: /^procready: --json \/none\/x: cannot be written: .*\n$/ });
	for (const line of (await ran('--help')).stdout.split('\n')) t.ok(line.length <= 120, line);
});

t.test('a budget is saved, kept and exceeded', async (t) => {
	const file = join(directory, 'budget.json');
	const ran = (...argv: string[]) => procready(['run', ...argv]);
	const saved = await ran('--save-budget', file, '--repeat', '12', '--', probe, 'tasks', '3');
	t.equal(saved.status, 0);
	t.match(saved.stderr, /budget\.json: 12 runs; the medians are\n {2}tasks\.peak +3 tasks\n/);
	const budget: Budget = JSON.parse(readFileSync(file, 'utf8'));
	t.match(budget, { command: [probe, 'tasks', '3'], kernel: String, figures: { 'tasks.peak': Array(12).fill(3) } });
	// on a machine that is busier than then, the smallest of programs may differ in all else
	const { 'tasks.peak': tasks, 'memory.peak': memory } = budget.figures;
	const kept = { 'tasks.peak': tasks, 'memory.peak': memory };
	writeFileSync(file, JSON.stringify({ ...budget, figures: kept }));
	const check = (...argv: string[]) => ran('--check-budget', file, ...argv);
	const within = await check('--', probe, 'tasks', '3');
	t.equal(within.status, 0, within.stderr);
	const over = await check('--json', '-', '--', probe, 'tasks', '4');
	t.equal(over.status, 122);
	t.match(over.stderr, /^ {2}tasks\.peak +3 tasks +4 tasks +GREW by 33%, certainty (above )?99\.\d+%$/m);
	t.match(over.stderr, /^tasks\.peak.* grew[.;]/m);
	const report = JSON.parse(over.stdout.slice(over.stdout.indexOf('{')));
	t.match(report, { kind: 'comparison', comparison: { grown: true, base: [probe, 'tasks', '3'] } });
	t.equal((await check('--tolerance', '60%', '--', probe, 'tasks', '4')).status, 0);
	t.match((await check('--', probe, 'tasks', '1')).stderr, /tasks\.peak .* shrank by 67%/);
	const more = await check('--repeat', '8', '--tolerance', '50%', '--', probe, 'touch', String(64 * 2 ** 20));
	t.equal(more.status, 122);
	t.match(more.stderr, /memory\.peak .* GREW/);
	const compared = await procready(['compare', '--base', file, '--', probe, 'tasks', '4']);
	t.equal(compared.status, 1);
	t.match(compared.stdout, /tasks\.peak .* GREW/);
});

t.test('no budget of a command that fails, and bad flags', async (t) => {
	const file = join(directory, 'none.json');
	const ran = (...argv: string[]) => procready(['run', ...argv]);
	const failed = await ran('--save-budget', file, '--', 'sh', '-c', 'exit 7');
	t.equal(failed.status, 7);
	t.match(failed.stderr, /no budget: the first run did not pass/);
	t.throws(() => readFileSync(file));
	writeFileSync(file, '{"runs":3,"memory.peak":1,"tasks.peak":1,"cpu.total":1}');
	for (const [argv, message] of [
		[['--save-budget', file, '--check-budget', file], /--save-budget: is given beside --check-budget/],
		[['--save-budget', file, '--tolerance', '1%'], /--tolerance: is for --check-budget/],
		[['--repeat', '3'], /--repeat: is for --save-budget and --check-budget/],
		[['--check-budget', '/nonexistent'], /--check-budget: \/nonexistent: cannot be read: ENOENT/],
		[['--check-budget', file], /of an earlier procready, .* save it anew with procready run --save-budget/],
		[['--save-budget', file, '--repeat', '0'], /--repeat: 0 is not a number from 8 to 200/],
		[['--save-budget', file, '-t'], /--save-budget: cannot be used with --tty/],
	] as [string[], RegExp][]) {
		const bad = await ran(...argv, '--', 'true');
		t.equal(bad.status, 125, argv.join(' '));
		t.match(bad.stderr, message);
	}
	const shown = await ran('--save-budget', join(directory, 'shown.json'), '--repeat', '8', '--', 'echo', 'once');
	t.equal(shown.stdout, 'once\n');
});
