/** Runs one case as often as it says, and holds each run against its expectations. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../../container/run.js';
import { ProcreadyError, reasonOf, unexpected } from '../../errors.js';
import { readGiven } from '../../host/node/read-bounded.js';
import { allInTurn } from '../../model/in-turn.js';
import type { Options } from '../../model/options.js';
import type { Came, Files } from '../expect/check.js';
import type { Failure } from '../expect/expectations.js';
import { readFiles } from '../expect/files.js';
import type { Served } from '../service/serve.js';
import { substituted } from './matrix.js';
import type { CaseOutcome, EarlierRun } from './outcome.js';
import { runServices } from './run-services.js';
import { runScripts } from './script.js';
import type { Case, Suite } from './suite.js';
import { interruptedReason } from './summary.js';

/** Bytes, which are held in memory. */
const longestInput = 256 * 2 ** 20;

export interface Surroundings {
	suite: Suite;
	/** SUITE_DIR: of this suite, for all of its cases. */
	suiteDirectory: string;
	signal: AbortSignal;
}

interface Attempt {
	failures: Failure[];
	came?: Came;
	served?: Served;
}

export async function runCase(one: Case, surroundings: Surroundings): Promise<CaseOutcome> {
	const start = performance.now();
	let runs = 0;
	const earlier: EarlierRun[] = [];
	let last: Attempt = { failures: [] };
	for (let passed = 0; passed < one.repeat && last.failures.length === 0; passed++) {
		for (let left = one.retry; ; left--) {
			last = await attempt(one, surroundings);
			runs++;
			if (last.failures.length === 0 || left === 0 || surroundings.signal.aborted) break;
			earlier.push({ run: runs, failures: last.failures });
		}
	}
	const outcome = { case: one, runs, retried: earlier.length, earlier, duration: performance.now() - start };
	if (last.failures.length === 0) return { ...outcome, status: 'passed', ...last };
	if (surroundings.signal.aborted) return { ...outcome, status: 'skipped', reason: interruptedReason, failures: [] };
	return { ...outcome, status: 'failed', ...last };
}

/** What this host does not let a case do fails that case; the others go on. */
async function attempt(one: Case, surroundings: Surroundings): Promise<Attempt> {
	try {
		return await withDirectory(one, surroundings);
	} catch (error) {
		const came = unexpected(error);
		const { message } = came;
		const what = { where: '', what: 'the case', expected: 'that it can be run', found: message, sentence: message };
		return { came, failures: [what] };
	}
}

/** The empty directory CASE_DIR is there from before its set-up until after its tear-down. */
async function withDirectory(one: Case, surroundings: Surroundings): Promise<Attempt> {
	const directory = makeDirectory('case');
	try {
		return await inDirectory(one, directory, surroundings);
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

async function inDirectory(one: Case, caseDirectory: string, { suite, suiteDirectory, signal }: Surroundings) {
	const directories = { CASE_DIR: caseDirectory, SUITE_DIR: suiteDirectory };
	const filled = filledIn(one, directories);
	const env = { ...process.env, ...filled.options.env, ...directories };
	const place = { cwd: suite.directory, env, scratch: caseDirectory, signal };
	const result: Attempt = { failures: await runScripts('before', one.before, place) };
	await allInTurn(
		async () => {
			if (result.failures.length > 0) return;
			Object.assign(result, await held(filled, suite, directories, signal));
		},
		async () => result.failures.push(...(await runScripts('after', one.after, place))),
	);
	return result;
}

/** What came of the command, or of the services and their clients, and what of it does not hold. */
async function held(
	filled: Case,
	suite: Suite,
	directories: Record<string, string>,
	signal: AbortSignal,
): Promise<Attempt> {
	const filesIn = (one: Case) => filesOf(one, directories);
	const optionsIn = (one: Case) => optionsOf(one, suite, directories);
	if (filled.serving) {
		const clientOptions = { cwd: suite.directory, env: { ...filled.options.env, ...directories } };
		return runServices(filled.serving, { clientOptions, signal, optionsOf: optionsIn, filesOf: filesIn });
	}
	const start = async () => run(filled.args, { ...optionsIn(filled), signal });
	const came = await start().catch(unlessOurs);
	return { came, failures: filled.compiled.failures(came, filesIn(filled)) };
}

function unlessOurs(error: unknown): ProcreadyError {
	if (error instanceof ProcreadyError) return error;
	throw error;
}

/** With a root of its own the directories are not there for the program. */
function optionsOf({ options, input }: Case, suite: Suite, directories: Record<string, string>): Options {
	const env = options.rootfs === undefined ? { env: { ...options.env, ...directories } } : {};
	return { ...options, ...env, ...inputOf(input, suite) };
}

function inputOf(input: Case['input'], suite: Suite): Pick<Options, 'input'> {
	if (input === '') return {};
	if (typeof input === 'string') return { input };
	try {
		return { input: readGiven(resolve(suite.directory, input.file), { longest: longestInput }) };
	} catch (cause) {
		const what = `${input.file} cannot be read: ${reasonOf(cause)}`;
		throw new ProcreadyError('option-invalid', `input.file: ${what}`, { where: '/input/file', cause });
	}
}

/** By the names in the expectations, as they were written. */
function filesOf({ expect, options }: Case, directories: Record<string, string>): Files {
	const names = Object.keys(expect.files ?? {});
	const paths = substituted(names, (name) => directories[name]);
	const found = readFiles(paths, options.cwd ?? '/', options.rootfs);
	return Object.fromEntries(
		names.flatMap((name, index) => {
			const text = found[paths[index] as string];
			return text === undefined ? [] : [[name, text]];
		}),
	);
}

function filledIn(one: Case, directories: Record<string, string>): Case {
	const fill = <T>(given: T) =>
		substituted(given, (name) => (Object.hasOwn(directories, name) ? directories[name] : undefined));
	const { args, options, input } = fill({ args: one.args, options: one.options, input: one.input });
	const filled = { ...one, args, options, input };
	if (!one.serving) return filled;
	const services = one.serving.services.map((each) => ({
		...each,
		one: filledIn(each.one, directories),
		ready: fill(each.ready),
	}));
	return { ...filled, serving: { ...one.serving, services, clients: fill(one.serving.clients) } };
}

/** Everybody may write there, as in /tmp: a case may run as another user. */
export function makeDirectory(kind: 'case' | 'suite'): string {
	const directory = mkdtempSync(join(tmpdir(), `procready-${kind}-`));
	chmodSync(directory, 0o1777);
	return directory;
}
