/** Comparisons: the test of ranks against known values, what is decided, and how often it is wrong with simulated noise. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { budgetOf, elsewhere, readBudget, samplesOf, writeBudget } from '../../controller/harness/budget/budget.js';
import type { Comparison } from '../../controller/harness/compare/compare.js';
import { decide, hasGrown, holm, outcomesOf, type Round, type Rules } from '../../controller/harness/compare/decide.js';
import { type ComparedFigure, comparedNames, type Sample } from '../../controller/harness/compare/figures.js';
import { type Block, chanceOfLess, chanceOfMore, differenceOf } from '../../controller/harness/compare/permutation.js';
import { comparisonMarkdown, comparisonText, summaryOf } from '../../controller/harness/compare/text.js';
import { againstSaved, inTurn, looksUntil, type Measure, seeded } from '../../controller/harness/compare/turns.js';
import { wordsOfCommand } from '../../controller/harness/compare/words-of-command.js';

/** Permeability constants, Hollander and Wolfe (1973), table 4.1, as in the manual of R's wilcox.test. */
const permeability: Block = {
	other: [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
	base: [1.15, 0.88, 0.9, 0.74, 1.21],
};

const near = (t: { ok(is: boolean, text: string): void }, found: number, wanted: number) =>
	t.ok(Math.abs(found - wanted) < 1e-9, `${found} is ${wanted}`);

t.test('one block: the chances of Wilcoxon, Mann and Whitney', async (t) => {
	t.equal(chanceOfMore([permeability], 0).toFixed(4), '0.1272', 'as the manual of R says');
	near(t, chanceOfMore([{ base: range(8), other: range(8, 8) }], 0), 1 / 12870);
	near(t, chanceOfLess([{ base: range(8), other: range(8, 8) }], 0), 1);
	near(
		t,
		chanceOfMore([{ base: range(8), other: range(8, 8) }], 8),
		chanceOfMore([{ base: range(8), other: range(8) }], 0),
	);
	near(t, chanceOfMore([{ base: [3, 3, 3], other: [3, 3] }], 0), 1);
});

t.test('ties and blocks: as counting all ways to share out', async (t) => {
	const random = seeded(7);
	for (let i = 0; i < 40; i++) {
		const some = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 5));
		const blocks = Array.from({ length: 1 + (i % 3) }, () => ({ base: some(2 + (i % 2)), other: some(2) }));
		near(t, chanceOfMore(blocks, 0), slowChance(blocks));
	}
	const apart = Array.from({ length: 6 }, () => ({ base: [1, 2], other: [3, 4] }));
	near(t, chanceOfMore(apart, 0), 6 ** -6);
});

t.test('what is too much to count is near to the normal distribution', async (t) => {
	const random = seeded(3);
	const some = (count: number, by = 0) => Array.from({ length: count }, () => random() + by);
	const block = { base: some(150), other: some(150) };
	const chance = chanceOfMore([block], 0);
	t.ok(Math.abs(chance + chanceOfLess([block], 0) - 1) < 0.01);
	const wanted = normalOf(block);
	t.ok(Math.abs(chance - wanted) < 1e-6, `${chance} is ${wanted}`);
	const apart = chanceOfMore([{ base: some(150), other: some(150, 1) }], 0);
	t.ok(apart > 0 && apart < 1e-20, `${apart} is not 0`);
	t.equal(chanceOfMore([{ base: Array(150).fill(3), other: Array(150).fill(3) }], 0), 1);
	// the more blocks, the nearer: what is drawn here, of as many ways as there are
	const blocks = Array.from({ length: 120 }, () => ({ base: some(2), other: some(2, 0.1) }));
	const drawn = drawnChance(blocks, random);
	t.ok(drawn > 0.001 && drawn < 0.2);
	t.ok(Math.abs(chanceOfMore(blocks, 0) - drawn) < 0.01, `${chanceOfMore(blocks, 0)} is about ${drawn}`);
});

t.test('the difference and its interval', async (t) => {
	// R: wilcox.test(x, y, conf.int = TRUE): 0.305, from -0.15 to 0.76
	const { estimate, from, to } = differenceOf([permeability], 0.95);
	near(t, estimate, 0.305);
	t.match([from?.toFixed(3), to?.toFixed(3)], ['-0.150', '0.760']);
	const apart = Array.from({ length: 6 }, (_, drift) => ({ base: [drift, drift], other: [drift + 3, drift + 3] }));
	const same = differenceOf(apart, 0.95);
	t.match([same.from?.toFixed(3), same.to?.toFixed(3)], ['3.000', '3.000'], 'drift is not a difference');
	t.match(differenceOf([{ base: [1], other: [2] }], 0.95), { estimate: 1, from: null, to: null });
});

t.test('several chances are corrected', async (t) => {
	t.strictSame(
		holm([0.01, 0.04, 0.03, 0.005]).map((chance) => Math.round(chance * 1000) / 1000),
		[0.03, 0.06, 0.06, 0.02],
	);
	t.strictSame(holm([]), []);
	t.strictSame(holm([0.9, 3]), [1, 1]);
});

const none = Object.fromEntries(comparedNames.map((name) => [name, null])) as Sample;
const of = (figures: Partial<Sample>): Sample => ({ ...none, ...figures });
const judged: ComparedFigure[] = ['tasks.peak', 'memory.peak', 'cpu.total'];
const rules: Rules = { looks: 1, judged };
const rounds = (base: Partial<Sample>, other: Partial<Sample>, count = 8): Round[] =>
	Array.from({ length: count }, () => ({ base: [of(base), of(base)], other: [of(other), of(other)] }));
const outcome = (found: ReturnType<typeof outcomesOf>, figure: ComparedFigure) =>
	found.find((one) => one.figure === figure)?.outcome;

t.test('what is said of a figure', async (t) => {
	const figures = decide(
		rounds(
			{ 'tasks.peak': 3, 'memory.peak': 2 ** 24, 'cpu.total': 100, wall: 100 },
			{ 'tasks.peak': 4, 'memory.peak': 2 ** 23, 'cpu.total': 104, wall: 200 },
		),
		rules,
	);
	t.match(
		figures.filter(({ outcome }) => outcome !== 'not counted'),
		[
			{
				figure: 'tasks.peak',
				outcome: 'grown',
				base: 3,
				now: 4,
				judged: true,
				certainty: (1 - 2 / 6 ** 8) as unknown as number,
			},
			{ figure: 'memory.peak', outcome: 'shrunk', judged: true },
			{ figure: 'cpu.total', outcome: 'same', certainty: null },
			{ figure: 'wall', outcome: 'grown', judged: false },
		].map(({ certainty: _, ...one }) => one),
	);
	t.ok(hasGrown(figures));
	t.notOk(hasGrown(figures.filter(({ figure }) => figure !== 'tasks.peak')), 'wall is only shown');
	const grain = rounds({ 'memory.peak': 300 * 1024 }, { 'memory.peak': 420 * 1024 });
	t.equal(outcome(outcomesOf(grain, rules), 'memory.peak'), 'same', 'the kernel charges in pieces');
	const forced = outcomesOf(rounds({ 'cpu.total': 100 }, { 'cpu.total': 104 }), { ...rules, tolerance: 0.01 });
	t.equal(outcome(forced, 'cpu.total'), 'grown');
	const away = outcomesOf(rounds({ 'cpu.total': 1, 'tasks.peak': 1 }, { 'cpu.total': 9, 'tasks.peak': 1 }), {
		...rules,
		withoutTimes: true,
	});
	t.match([outcome(away, 'cpu.total'), outcome(away, 'tasks.peak')], ['not compared', 'same']);
	t.equal(outcome(outcomesOf(rounds({ 'tasks.peak': 1 }, { 'tasks.peak': 9 }, 3), rules), 'tasks.peak'), 'noisy');
	t.equal(outcome(outcomesOf([], rules), 'tasks.peak'), 'not counted');
});

/** Noise as of a busy machine: small mostly, far off now and then, and slower or faster for a while. */
function simulated(seed: number) {
	const random = seeded(seed);
	const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
	const trend = (random() - 0.5) * 0.01; // a run: up to a half in all of 160
	let [run, regime] = [0, 0];
	return (memory: number, cpu: number): Sample => {
		run++;
		if (random() < 0.05) regime = 0.15 * random();
		const tail = random() < 0.1 ? 0.3 / (1 - random()) ** 0.5 : 0; // no variance at all
		return of({
			'tasks.peak': 5 + (random() < 0.1 ? 1 : 0),
			'memory.peak': memory * (1 + 0.02 * normal() + (random() < 0.05 ? 0.2 * random() : 0)),
			'cpu.total': cpu * Math.max(0.1, 1 + trend * run + regime + 0.03 * normal() + tail),
		});
	};
}

const plan = looksUntil(40);

async function compared(seed: number, growth: { memory?: number; cpu?: number }, tolerance?: number) {
	const noise = simulated(seed);
	const measure: Measure = async (side) =>
		side === 'base' ? noise(2e7, 100) : noise(2e7 * (1 + (growth.memory ?? 0)), 100 * (1 + (growth.cpu ?? 0)));
	const own = { looks: plan.length, judged, tolerance };
	const measured = await inTurn(measure, { plan, rules: own, maxTime: 1e9 });
	return { ...measured, figures: outcomesOf(measured.rounds, own) };
}

/** How many of so many comparisons of the same say that something has grown. */
async function alarms(comparisons: number, tolerance?: number) {
	let count = 0;
	for (let seed = 1; seed <= comparisons; seed++) if (hasGrown((await compared(seed, {}, tolerance)).figures)) count++;
	return count;
}

t.test('2,000 comparisons of the same: at most one false alarm in 200', { timeout: 600_000 }, async (t) => {
	const count = await alarms(2000);
	t.ok(count <= 10, `${count}`);
	const untolerant = await alarms(300, 0.001);
	t.ok(untolerant <= 2, `${untolerant} of 300 where nearly nothing is tolerated`);
});

t.test('what has grown is found in 19 of 20', { timeout: 600_000 }, async (t) => {
	const seeds = 200;
	for (const [figure, growth] of [
		['memory.peak', { memory: 0.1 }],
		['cpu.total', { cpu: 0.2 }],
	] as const) {
		let found = 0;
		for (let seed = 1; seed <= seeds; seed++) {
			const { figures } = await compared(seed + 5000, growth);
			if (outcome(figures, figure) === 'grown') found++;
		}
		t.ok(found >= 0.95 * seeds, `${figure}: ${found} of ${seeds}`);
	}
});

t.test('the order of the runs, and when there are enough', async (t) => {
	const order: string[] = [];
	const same: Measure = async (side, run) => {
		order.push(`${side}${run}`);
		return of({ 'tasks.peak': 1 });
	};
	const bounds = { plan, rules: { looks: plan.length, judged }, maxTime: 1e9 };
	const { runs, ended } = await inTurn(same, bounds);
	t.match({ runs, ended }, { runs: { base: 12, command: 12 }, ended: 'decided' });
	t.strictSame(order.slice(0, 2), ['base0', 'command0'], 'not counted');
	const fours = Array.from({ length: 6 }, (_, index) =>
		order
			.slice(2 + 4 * index, 6 + 4 * index)
			.map((one) => one[0])
			.join(''),
	);
	t.strictSame([...new Set(fours)].sort(), ['bccb', 'cbbc']);
	t.match(await inTurn(same, { ...bounds, maxTime: 0 }), { runs: { base: 0, command: 0 }, ended: 'time' });
	const random = seeded(5);
	const wild: Measure = async () => of({ 'cpu.total': 100 * random() });
	t.match(await inTurn(wild, bounds), { runs: { base: 40, command: 40 }, ended: 'runs' });
	const saved = Array.from({ length: 20 }, () => of({ 'tasks.peak': 1 }));
	t.match(await againstSaved(saved, same, bounds), { runs: { base: 20, command: 12 }, ended: 'decided' });
	t.match(await againstSaved(saved, same, { ...bounds, maxTime: 0 }), { rounds: [], ended: 'time' });
	t.strictSame(
		[looksUntil(8), looksUntil(12), looksUntil(40), looksUntil(41)],
		[[8], [12], [12, 20, 40], [12, 20, 40, 41]],
	);
});

t.test('a budget is a file that is the same each time', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const file = join(directory, 'budget.json');
	const samples = Array.from({ length: 8 }, (_, run) => of({ 'tasks.peak': 3, 'cpu.total': run + 0.5 }));
	const budget = budgetOf(['a', 'b'], samples);
	writeBudget(file, budget);
	const text = readFileSync(file, 'utf8');
	t.match(text, /^\t\t"cpu\.total": \[0\.5,1\.5,2\.5,3\.5,4\.5,5\.5,6\.5,7\.5\],$/m);
	t.match(text, /^\t"command": \["a","b"\],$/m);
	t.strictSame(readBudget(file), budget);
	t.strictSame(samplesOf(budget), samples);
	const { 'io.readBytes': _, ...fewer } = budget.figures;
	writeFileSync(file, JSON.stringify({ ...budget, figures: fewer }));
	t.strictSame(readBudget(file), budget, 'a figure that the other release did not count');
	const broken = (change: object) => JSON.stringify({ ...budget, ...change });
	for (const [content, message] of [
		['', /is not JSON/],
		['null', /is not a budget/],
		['{}', /command is missing/],
		[
			'{"runs":3,"memory.peak":1,"tasks.peak":1,"cpu.total":1}',
			/of an earlier procready, .* save it anew with procready run --save-budget/,
		],
		[broken({ host: 1 }), /host is missing/],
		[broken({ processors: '1' }), /processors is missing/],
		[broken({ figures: [] }), /figures is missing/],
		[broken({ figures: { wall: ['1'] } }), /figures: wall is not a list of numbers/],
		[broken({ figures: { wall: [1], 'cpu.total': [1, 2] } }), /not of equally many runs/],
		[broken({ figures: { wall: [1, 2] } }), /of 2 runs, and 8 to 200 are needed/],
		[broken({ figures: {} }), /figures: none of forks, .*, wall is there/],
		[broken({ figures: { other: [1, 2, 3, 4, 5, 6, 7, 8] } }), /figures: none of/],
	] as [string, RegExp][]) {
		writeFileSync(file, content);
		t.throws(() => readBudget(file), { code: 'option-invalid', message }, content);
	}
	t.throws(() => readBudget('/nonexistent'), { message: /cannot be read: ENOENT/ });
	t.throws(() => writeBudget('/nonexistent/x', budget), { message: /cannot be written: ENOENT/ });
});

t.test('elsewhere times are not compared', async (t) => {
	const here = { host: 'one', processor: 'P', processors: 2, kernel: '6.1' };
	t.equal(elsewhere(here, { ...here }), undefined);
	t.equal(
		elsewhere(here, { ...here, kernel: '6.12' }),
		'The budget was saved under Linux 6.1, and this is 6.12: times are not compared.',
	);
	t.match(
		elsewhere(here, { ...here, host: 'two', processors: 4 }),
		/on one, and this is two; with 2 of P, and here are 4 of P/,
	);
});

t.test('one text as the words of a command', async (t) => {
	for (const [text, words] of [
		['./old --fast', ['./old', '--fast']],
		['  a\t"b c" \'d e\'f ""', ['a', 'b c', 'd ef', '']],
		['a\\ b "\\"\\\\\\x" \'\\\'', ['a b', '"\\\\x', '\\']],
		["sh -c 'echo $HOME | wc'", ['sh', '-c', 'echo $HOME | wc']],
		['A=1 k=v,w:%@+', ['A=1', 'k=v,w:%@+']],
	] as [string, string[]][])
		t.strictSame(wordsOfCommand(text, '--base'), words, text);
	for (const [text, message] of [
		['', /has no command/],
		["a 'b", /has a ' that nothing ends/],
		['a \\', /ends with a backslash/],
		['a | b', /^--base: "a \| b" has "\|", which is for a shell: quote it/],
		['a $B', /has "\$"/],
		['a *.c', /has "\*"/],
		['a "$B"', /double quotes/],
	] as [string, RegExp][])
		t.throws(() => wordsOfCommand(text, '--base'), { code: 'option-invalid', message }, text);
});

t.test('a comparison for people', async (t) => {
	const figures = decide(
		rounds(
			{ 'tasks.peak': 3, 'memory.peak': 2 ** 24, 'cpu.total': 100, 'rusage.majflt': 0 },
			{ 'tasks.peak': 4, 'memory.peak': 2 ** 23, 'cpu.total': 104, 'rusage.majflt': 20 },
		),
		{ ...rules, judged: [...judged, 'rusage.majflt'] },
	);
	const comparison: Comparison = {
		base: ['./old'],
		command: ['./new', 'a|b`'],
		runs: { base: 16, command: 16 },
		ended: 'decided',
		grown: true,
		figures,
		failed: null,
		notes: [],
	};
	const text = comparisonText(comparison);
	t.match(text, /^ {2}tasks\.peak +3 tasks +4 tasks +GREW by 33%, certainty above 99\.99%$/m);
	t.match(text, /^ {2}rusage\.majflt +0 faults +20 faults +GREW by 20 faults, certainty/m);
	t.match(text, /^ {2}memory\.peak +16 MiB +8 MiB +shrank by 50%, certainty/m);
	t.match(text, /^ {2}cpu\.total +100 ms +104 ms +within the tolerance of 10%$/m);
	t.match(text, /^ {2}not counted: forks, .*wall$/m);
	t.match(text, /^tasks\.peak and rusage\.majflt grew; memory\.peak shrank\. 16 runs of each\.$/m);
	const markdown = comparisonMarkdown(comparison);
	t.match(markdown, /^### procready: tasks\.peak and rusage\.majflt grew; memory\.peak shrank\n\n/);
	t.match(markdown, "`` ./new 'a|b`' `` against `./old`. 16 runs of each.");
	t.match(markdown, '| tasks.peak | 3 tasks | 4 tasks | GREW by 33%, certainty above 99.99% |');
	const none = { ...comparison, runs: { base: 20, command: 0 }, ended: 'time' as const, figures: [] };
	t.equal(summaryOf(none), 'The time was up before there was a run of each to compare.');
	const noisy = decide(rounds({ 'cpu.total': 1 }, { 'cpu.total': 9 }, 2), rules);
	t.match(
		comparisonText({ ...comparison, figures: noisy }),
		/too few runs to say\n[\s\S]*Nothing was seen to grow; too noisy to be certain of cpu\.total\./,
	);
	const random = seeded(2);
	const wild = Array.from({ length: 6 }, () => {
		const two = () => [of({ 'cpu.total': 100 * random() }), of({ 'cpu.total': 100 * random() })];
		return { base: two(), other: two() };
	});
	t.match(comparisonText({ ...comparison, figures: decide(wild, rules) }), /too noisy to say \(-\d+% to \d+%\)/);
	t.match(
		comparisonText({ ...comparison, figures: decide(rounds({ 'rusage.minflt': 60 }, { 'rusage.minflt': 70 }), rules) }),
		/^ {2}rusage\.minflt .* within the tolerance of 16 faults$/m,
		'what is less than a figure is coarse',
	);
	const slower = {
		figure: 'wall',
		outcome: 'noisy',
		judged: false,
		base: 10,
		now: 2,
		tolerance: 1,
		certainty: null,
	} as const;
	for (const [from, to, words] of [
		[1, 9, 'seems to grow, not certain (10% to 90%)'],
		[-30, -1, 'seems to shrink, not certain (10% to 100%)'],
		[-30, 1, 'too noisy to say (-100% to 10%)'],
	] as const) {
		const figures = [{ ...slower, difference: { estimate: 0, from, to } }];
		t.ok(comparisonText({ ...comparison, figures }).includes(`  ${words}\n`), words);
	}
	const failed = { side: 'base', run: 2, reason: 'exitCode was 3' } as NonNullable<Comparison['failed']>;
	t.match(
		comparisonMarkdown({ ...comparison, figures: [], failed }),
		/^### procready: run 2 of the base did not pass: exitCode was 3\n/,
	);
});

function range(count: number, from = 0): number[] {
	return Array.from({ length: count }, (_, index) => from + index);
}

/** The same by counting: each way to say which of each block are the others. */
/** Of 10,000 ways to share out blocks of two and two, without ties. */
function drawnChance(blocks: Block[], random: () => number): number {
	const aligned = blocks.map(({ base, other }) => {
		const all = [...base, ...other];
		const [, low = 0, high = 0] = [...all].sort((one, another) => one - another);
		return all.map((value) => value - (low + high) / 2);
	});
	const sorted = aligned.flat().sort((one, another) => one - another);
	const ranks = aligned.map((values) => values.map((value) => sorted.indexOf(value)));
	const total = (pick: (values: number[]) => number) => ranks.reduce((sum, values) => sum + pick(values), 0);
	const observed = total(([, , third = 0, fourth = 0]) => third + fourth);
	const any = (values: number[]) => {
		const first = Math.floor(4 * random());
		const second = (first + 1 + Math.floor(3 * random())) % 4;
		return (values[first] as number) + (values[second] as number);
	};
	return Array.from({ length: 10_000 }, () => total(any)).filter((sum) => sum >= observed).length / 10_000;
}

function slowChance(blocks: Block[]): number {
	const middle = (values: number[]) => {
		const sorted = [...values].sort((one, other) => one - other);
		const half = sorted.length / 2;
		return ((sorted[Math.ceil(half) - 1] as number) + (sorted[Math.floor(half)] as number)) / 2;
	};
	const aligned = blocks.map(({ base, other }) => {
		const all = [...base, ...other];
		return all.map((value) => value - (blocks.length === 1 ? 0 : middle(all)));
	});
	const flat = aligned.flat();
	const rank = (value: number) =>
		flat.filter((one) => one < value).length + (flat.filter((one) => one === value).length + 1) / 2;
	const ranks = aligned.map((values) => values.map(rank));
	let sums = [0];
	for (const [index, values] of ranks.entries()) {
		const size = blocks[index]?.other.length ?? 0;
		const own: number[] = [];
		for (let set = 0; set < 2 ** values.length; set++) {
			const chosen = values.filter((_, at) => set & (1 << at));
			if (chosen.length === size) own.push(chosen.reduce((one, other) => one + other, 0));
		}
		sums = sums.flatMap((sum) => own.map((one) => sum + one));
	}
	const observed = ranks.reduce(
		(sum, values, index) =>
			sum + values.slice(values.length - (blocks[index]?.other.length ?? 0)).reduce((one, other) => one + other, 0),
		0,
	);
	return sums.filter((sum) => sum >= observed - 1e-9).length / sums.length;
}

/** The normal approximation of the same. */
function normalOf({ base, other }: Block): number {
	const above = other.reduce((count, value) => count + base.filter((one) => one < value).length, 0);
	const pairs = base.length * other.length;
	const z = (above - pairs / 2 - 0.5) / Math.sqrt((pairs * (base.length + other.length + 1)) / 12);
	const y = 1 / (1 + 0.2316419 * Math.abs(z));
	const tail =
		(Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
		y *
		(0.31938153 + y * (-0.356563782 + y * (1.781477937 + y * (-1.821255978 + y * 1.330274429))));
	return z > 0 ? tail : 1 - tail;
}
