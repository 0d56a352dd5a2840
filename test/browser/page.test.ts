/** The page of a run as a browser shows it: its numbers are those of the JSON, on any screen and on paper. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Result } from '../../controller/index.js';
import { browse, look } from '../support/browser.js';
import { procready } from '../support/cli.js';
import { probe } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-page-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const evil = '<script>document.title="caught"</script><img src=x onerror="document.title=1">';

/** Hits the limit of tasks, then uses some time and memory; the argument is for who would read it as markup. */
async function runOne(name: string, ...flags: string[]): Promise<{ page: string; json: Result }> {
	const [page, file] = [join(directory, `${name}.html`), join(directory, `${name}.json`)];
	const script = `${probe} forks >/dev/null; ${probe} spin 150; ${probe} touch 6000000 >/dev/null; exit 3`;
	const { status } = await procready(['run', '--html', page, '--json', file, ...flags, '--', 'sh', '-c', script, evil]);
	t.equal(status, 3);
	return { page, json: JSON.parse(readFileSync(file, 'utf8')) };
}

const limits = ['--pids-max', '4', '--memory-max', '40000001', '--cpu-max', '0.5', '-e', 'TOKEN=secret'];

t.test('every number is that of the JSON, and nothing is caught', async (t) => {
	const { page, json } = await runOne('numbers', ...limits);
	const seen = await look(page, 1000, (page) => ({
		title: page.title,
		heading: page.querySelector('h1')?.textContent,
		outcome: page.querySelector('.outcome')?.textContent,
		verdict: [...page.querySelectorAll('.verdict li')].map(({ textContent }) => textContent),
		numbers: [...page.querySelectorAll('data')].map(({ id, value }) => [id, Number(value)] as const),
		limits: [...page.querySelectorAll('.wide th[scope=row]')].map(({ textContent }) => textContent),
		commands: [...page.querySelectorAll('pre')].map(({ textContent }) => textContent),
		points: [...page.querySelectorAll('.points tr')].length - 1,
		curves: [...page.querySelectorAll('svg')].map((svg) => [...svg.querySelectorAll('.curve')].length),
		hits: [...page.querySelectorAll('.tasks .hit')].length,
		strange: [...page.querySelectorAll('script, img, iframe, object, link:not([rel=icon]), [onerror]')].length,
	}));
	t.match(seen, { title: seen.heading, outcome: 'failed', strange: 0, curves: [1, 1, 1] });
	t.match(seen.heading, /^sh exited with status 3 after /);
	t.strictSame(
		seen.verdict,
		json.verdict.causes.map(({ limit, sentence }) => `${limit}: ${sentence}`),
	);
	const numbers = new Map(seen.numbers);
	const leaves = (value: object, path: string): void => {
		for (const [name, member] of Object.entries(value))
			if (typeof member === 'number') t.equal(numbers.get(`${path}.${name}`), member, `${path}.${name}`);
			else if (member === null) t.notOk(numbers.has(`${path}.${name}`), `${path}.${name} is not counted`);
			else leaves(member, `${path}.${name}`);
	};
	leaves(json.usage, 'usage');
	t.strictSame(
		seen.limits,
		json.limits.map(({ limit }) => limit),
	);
	t.ok(seen.hits >= 1, 'refused forks are marked');
	t.ok(seen.points >= 2, `${seen.points} points`);
	const [command = '', again = ''] = seen.commands as string[];
	t.match(command, evil);
	t.match(again, "procready run --pids-max 4 --memory-max 40000001 --cpu-max 0.5 --env TOKEN -- sh -c '");
	t.notMatch(readFileSync(page, 'utf8'), 'secret');
});

t.test('a program that has ended at once has a page too', async (t) => {
	const page = join(directory, 'short.html');
	await procready(['run', '--html', page, '--', probe, 'fds']);
	const seen = await look(page, 1000, (page) => ({
		heading: page.querySelector('h1')?.textContent,
		plots: [...page.querySelectorAll('svg')].length,
		text: page.querySelector('.charts')?.textContent ?? '',
	}));
	t.match(seen, { plots: 3, heading: /exited with status 0 after / });
	t.notMatch(seen.text, /NaN|Infinity|undefined/);
});

t.test('a run that could not be started says so', async (t) => {
	const page = join(directory, 'failure.html');
	const { stderr } = await procready(['run', '--html', page, '--', '/no/<such>/command']);
	const text = await look(page, 1000, (page) => page.querySelector('.verdict')?.textContent?.trim());
	t.equal(stderr, `procready: ${text}\n`);
});

t.test('on any screen nothing is cut off or covers something else', async (t) => {
	const { page } = await runOne('screens', ...limits);
	for (const width of [320, 390, 768, 1200]) {
		const seen = await look(page, width, (page) => {
			const boxes = [...page.querySelectorAll('.plot .label:not(.earlier), .plot .tick, .time span')].map((one) => {
				const { left, right, top, bottom } = one.getBoundingClientRect();
				return { text: one.textContent, left, right, top, bottom };
			});
			const covered = boxes.flatMap((one, index) =>
				boxes
					.slice(index + 1)
					.filter(
						({ left, right, top, bottom }) =>
							left < one.right && one.left < right && top < one.bottom - 1 && one.top < bottom - 1,
					)
					.map(({ text }) => `${one.text} / ${text}`),
			);
			return {
				covered,
				words: boxes.length,
				wide: page.documentElement.scrollWidth,
				outside: boxes.filter(({ left, right }) => left < 0 || right > page.documentElement.clientWidth),
				plot: page.querySelector('svg')?.getBoundingClientRect().width ?? 0,
			};
		});
		t.ok(seen.words > 12, `${seen.words} words`);
		t.strictSame(seen.covered, [], `${width}`);
		t.strictSame(seen.outside, [], `${width}`);
		t.ok(seen.wide <= width, `${seen.wide} of ${width}`);
		t.ok(seen.plot >= width / 3, `the curves have ${seen.plot} of ${width}`);
	}
});

t.test('dark and light', async (t) => {
	const { page } = await runOne('colours', ...limits);
	const contrast = (scheme: 0 | 1) => {
		const file = join(directory, `${scheme}.png`);
		return browse(
			page,
			`--screenshot=${file}`,
			'--window-size=800,1200',
			`--blink-settings=preferredColorScheme=${scheme}`,
		);
	};
	await contrast(0);
	await contrast(1);
	const [dark, light] = [0, 1].map((scheme) => readFileSync(join(directory, `${scheme}.png`)));
	t.notOk(dark?.equals(light as Buffer), 'they differ');
	for (const scheme of [0, 1]) t.ok(statSync(join(directory, `${scheme}.png`)).size > 20_000, 'and are not empty');
});

t.test('on paper', async (t) => {
	const { page, json } = await runOne('paper', ...limits);
	const file = join(directory, 'paper.pdf');
	await browse(page, `--print-to-pdf=${file}`);
	const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
	for (const words of ['Memory', 'Tasks', 'Processors', 'The account', 'The limits', 'The host', 'The same again'])
		t.match(text, words);
	for (const { limit } of json.verdict.causes) t.match(text, `${limit}:`);
	t.notMatch(text, 'The curves in numbers');
	t.ok(text.split('\f').length - 1 <= 3, `${text.split('\f').length - 1} pages`);
});
