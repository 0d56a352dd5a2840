/**
 * Runs test files: `node run.js FILE|DIRECTORY...`, as sources, test/unit/units.test.ts, or as what they are compiled to.
 * stdout gets the TAP of all, stderr a line for each file that has ended. Each file is a Node of its own, and nothing more:
 * what `tap run` loads into each of them, and into each that these start, costs more than most tests do.
 *
 * Three files run side by side on two processors, six at most, or JOBS. One that needs the machine for itself has a line
 *
 *   // alone: REASON
 *
 * and runs when the others have ended. Those of system/ and faults/ are in cgroups of their own; a process left there is a failure.
 * Without root those of unit/, contract/ and protocol/ run as root of a user namespace, and the others are skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { ownCgroups } from './support/own-cgroups.js';
import { top } from './support/paths.js';

/** Seconds: then tap ends what hangs, and says where; a little later what tap cannot end is killed. */
const patience = Number(process.env.TAP_TIMEOUT ?? 600);
/** Half of the time a file waits. */
const jobs = Number(process.env.JOBS) || Math.ceil(Math.min(availableParallelism(), 4) * 1.5);

/** What a file said: what count.js reads. */
interface Outcome {
	tap: string;
	/** Of the assertions in it, as tap counts them. */
	counts: Map<string, number>;
	isGood: boolean;
	/** Why it did not run. */
	skip?: string;
}

/** Each as `test/….test.ts`. Throws where there is none. */
function filesIn(path: string): string[] {
	const source = relative(join(top, 'test'), resolve(path).replace(`${top}dist/`, top).replace(/\.js$/, '.ts'));
	const whole = join(top, 'test', source);
	const isThere = existsSync(whole) && !source.startsWith('..');
	const files = !isThere
		? []
		: statSync(whole).isDirectory()
			? readdirSync(whole, { recursive: true, encoding: 'utf8' }).map((file) => join('test', source, file))
			: [join('test', source)];
	const tests = files.filter((file) => file.endsWith('.test.ts')).sort();
	if (tests.length === 0) throw new Error(`${path}: there is no test file`);
	return tests;
}

const isAlone = (file: string) => /^\/\/ alone: \S/m.test(readFileSync(join(top, file), 'utf8'));

/** Root of namespaces of its own; process 1 there reaps what a container leaves to it. */
const asRootInside = [
	...['unshare', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'],
	...['sh', '-c', '"$@"; exit $?', 'sh'],
];

/** The command that a test file is run by, in front of it; or why it cannot be run. */
function starterOf(file: string): { command: string[] } | { lacking: string } {
	if (process.getuid?.() === 0) return { command: [] };
	const layer = file.split('/')[1] ?? '';
	if (layer === 'unit') return { command: [] };
	if (!['contract', 'protocol'].includes(layer)) return { lacking: 'it needs root' };
	const [command = '', ...args] = [...asRootInside, 'true'];
	const { status } = spawnSync(command, args, { stdio: 'ignore' });
	return status === 0 ? { command: asRootInside } : { lacking: 'it needs root, or a user namespace with a /proc' };
}

let started = 0;

async function run(file: string): Promise<Outcome> {
	const starter = starterOf(file);
	if ('lacking' in starter)
		return { tap: '1..0\n', counts: new Map([['skip', 1]]), isGood: true, skip: starter.lacking };
	const cgroups = /^test\/(system|faults)\//.test(file)
		? ownCgroups(`procready-test-${process.pid}-${++started}`)
		: undefined;
	const [command = '', ...args] = [...(cgroups?.command ?? []), ...starter.command, process.execPath, compiled(file)];
	const child = spawn(command, args, {
		cwd: top,
		stdio: ['ignore', 'pipe', 'inherit'],
		env: { ...process.env, TAP_TIMEOUT: String(patience) },
		timeout: patience * 1100,
		killSignal: 'SIGKILL',
	});
	const ended = new Promise((done) => child.once('close', (status) => done(status)));
	const tap = await text(child.stdout);
	const status = await ended;
	const left = (await cgroups?.remove()) ?? [];
	for (const one of left) process.stderr.write(`${file} left ${one}\n`);
	const isGood = status === 0 && left.length === 0 && /^1\.\.\d+/m.test(tap);
	return { tap, counts: countsIn(tap, isGood), isGood };
}

const compiled = (file: string) => join(top, 'dist', file.replace(/\.ts$/, '.js'));

function countsIn(tap: string, isGood: boolean): Map<string, number> {
	const [summary = ''] = tap.match(/^# \{ .*\}$/m) ?? [];
	const counts = new Map([...summary.matchAll(/(\w+): (\d+)/g)].map(([, name = '', number]) => [name, Number(number)]));
	// it ended without saying so
	if (!isGood && !counts.get('fail')) counts.set('fail', 1).set('total', (counts.get('total') ?? 0) + 1);
	return counts;
}

const total = new Map<string, number>();
let ended = 0;

async function runAndTell(file: string, of: number): Promise<void> {
	const start = performance.now();
	const { tap, counts, isGood, skip } = await run(file);
	const time = performance.now() - start;
	for (const [name, number] of counts) total.set(name, (total.get(name) ?? 0) + number);
	ended++;
	const inner = tap.trimEnd().replace(/^(?=.)/gm, '    ');
	const result = `${isGood ? 'ok' : 'not ok'} ${ended} - ${file}`;
	process.stdout.write(
		`# Subtest: ${file}\n${inner}\n${result} # ${skip ? `SKIP ${skip}` : `time=${time.toFixed(3)}ms`}\n\n`,
	);
	const place = `[${String(ended).padStart(String(of).length)}/${of}]`;
	const said = skip ? `  skipped: ${skip}` : isGood ? '' : '  FAILED';
	process.stderr.write(`${place} ${(time / 1000).toFixed(1).padStart(6)} s  ${file}${said}\n`);
	if (!isGood) process.exitCode = 1;
}

async function runAll(files: string[]): Promise<void> {
	const waiting = files.filter((file) => !isAlone(file));
	process.stdout.write(`TAP version 14\n1..${files.length}\n`);
	const work = async () => {
		for (let file = waiting.shift(); file; file = waiting.shift()) await runAndTell(file, files.length);
	};
	await Promise.all(Array.from({ length: jobs }, work));
	for (const file of files.filter(isAlone)) await runAndTell(file, files.length);
	const counts = [...total].map(([name, number]) => `${name}: ${number}`);
	process.stdout.write(`# { ${counts.join(', ')} }\n`);
}

try {
	await runAll([...new Set(process.argv.slice(2).flatMap(filesIn))]);
} catch (error) {
	process.stderr.write(`run: ${(error as Error).message}\n`);
	process.exitCode = 2;
}
