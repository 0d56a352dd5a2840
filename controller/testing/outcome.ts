/** What holds of a program under limits, and how that is said. Test frameworks differ only in how they are told. */

import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { run } from '../container/run.js';
import { ProcreadyError } from '../errors.js';
import { asShell, type Came, compile } from '../harness/expect/check.js';
import { type Expectations, withDefaults } from '../harness/expect/expectations.js';
import { readFiles } from '../harness/expect/files.js';
import { saidLines } from '../harness/said.js';
import {
	compileServed,
	isService,
	type ServiceProgram,
	commandOf as servedCommand,
} from '../harness/service/program.js';
import type { Limits } from '../model/limit-options.js';
import { limitName } from '../model/limits.js';
import type { Options } from '../model/options.js';
import { shellLine } from '../model/shell.js';
import type { Spec } from '../model/spec.js';
import { reportText } from '../report/text.js';

/** A command with its arguments, an OCI specification, or a service with its clients. */
export type Program = readonly string[] | Spec | ServiceProgram;

/**
 * For assertions: a server in the place of a command. It fits in limits, or passes with them, when it is ready, its clients
 * pass, and it ends when it is asked to: `await expect(service({ command, ready: { port: 80 }, client })).toFitIn({ memory: '96M' })`.
 */
export function service(program: ServiceProgram): ServiceProgram {
	return program;
}

/** Of `run`, but the limits: `env`, `cwd`, `timeout`, … */
export type RunOptions = Omit<Options, 'limits'>;

export interface Outcome {
	pass: boolean;
	/** Which program is expected, or not, to do what. */
	claim(isWanted: boolean): string;
	/** Where that is not so: what was expected of which program and what came instead, the verdict, the account, and the end of what it wrote. */
	message(): string;
	/** `limit-too-small` is the one error that there can be, unless another is expected. */
	result: Came;
}

/** It passes, with exit status 0, and hits no limit, not even to be slowed down by it. */
export async function fitIn(program: Program, limits: Limits, options: RunOptions = {}): Promise<Outcome> {
	return hold(program, { ...options, limits }, `to fit in ${inOneLine(limits)}`, { verdict: 'passed', hits: 'none' });
}

/** It passes, with exit status 0, whatever it hits. */
export async function passWith(program: Program, limits: Limits, options: RunOptions = {}): Promise<Outcome> {
	return hold(program, { ...options, limits }, `to pass with ${inOneLine(limits)}`, { verdict: 'passed' });
}

/** It hits the limit of this name, such as `pids.max`, at least once, or cannot even start for it; however it ends. */
export async function beLimitedBy(
	program: Program,
	limit: string,
	limits: Limits,
	options: RunOptions = {},
): Promise<Outcome> {
	const said = `to be limited by ${limit} with ${inOneLine(limits)}`;
	const expectations: Expectations = { verdict: 'any', hits: { [limit]: '>= 1' } };
	const stops = (error: ProcreadyError) => error.where === limitName(limit);
	return hold(program, { ...options, limits }, said, expectations, stops);
}

/** All that is expected holds. Without a word about its end it is to pass. */
export async function meet(program: Program, expectations: Expectations, options: Options = {}): Promise<Outcome> {
	const under = options.limits ? ` with ${inOneLine(options.limits)}` : '';
	return hold(program, options, `to meet ${inOneLine(expectations)}${under}`, withDefaults(expectations));
}

/** `isMeant`: an error that is what was expected. */
async function hold(
	program: Program,
	options: Options,
	said: string,
	expectations: Expectations,
	isMeant: (error: ProcreadyError) => boolean = () => false,
): Promise<Outcome> {
	const { failures, mistakes } = compile(expectations);
	if (mistakes[0]) throw mistakes[0];
	const served = isService(program) ? await compileServed(expectations).run(program, options) : undefined;
	const result = await came(
		served ? served.came : run(program as Exclude<Program, ServiceProgram>, options),
		expectations,
	);
	const files = readFiles(Object.keys(expectations.files ?? {}), directoryOf(options), options.rootfs);
	const found = served ? served.failures(files) : failures(result, files);
	const wrong = result instanceof ProcreadyError && isMeant(result) ? [] : found;
	const pass = wrong.length === 0;
	const claim = (isWanted: boolean) => `${commandOf(program)} was expected${isWanted ? '' : ' not'} ${said}`;
	const clients = served?.served.clients.flatMap((one) => saidLines(one, 'client ')) ?? [];
	const lines = () => [
		claim(!pass),
		...wrong.map(({ sentence }) => `  ${sentence}`),
		'',
		...report(result),
		...clients,
	];
	return { pass, result, claim, message: () => lines().join('\n') };
}

/** Where relative paths are from. */
function directoryOf({ cwd, rootfs }: Options): string {
	return rootfs === undefined ? resolve(cwd ?? '.') : (cwd ?? '/');
}

/** A limit too small to start with is an answer; any other error is none, whatever was expected not to be. */
async function came(running: Came | Promise<Came>, expectations: Expectations): Promise<Came> {
	try {
		const result = await running;
		if (result instanceof ProcreadyError) throw result;
		return result;
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		const isAnswer = error.code === 'limit-too-small' || expectations.error !== undefined;
		if (isAnswer || asShell(expectations, error)) return error;
		throw error;
	}
}

function report(result: Came): string[] {
	if (result instanceof ProcreadyError) return [`procready: ${result.message}`];
	return [reportText(result).trimEnd(), ...saidLines(result)];
}

function commandOf(program: Program): string {
	if (isService(program)) return `the service ${shellLine(servedCommand(program))}`;
	return shellLine('process' in program ? program.process.args : program);
}

function inOneLine(value: object): string {
	return inspect(value, { depth: null, breakLength: Number.POSITIVE_INFINITY });
}
