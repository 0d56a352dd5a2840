/** Set-up and tear-down: scripts of the suite, run outside of any container. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../errors.js';
import type { Failure } from '../expect/expectations.js';

export interface ScriptPlace {
	/** Where they start. */
	cwd: string;
	env: NodeJS.ProcessEnv;
	/** Of our own, for what they print. */
	scratch: string;
	signal?: AbortSignal | undefined;
}

/** Milliseconds. */
const longest = 300_000;

/**
 * Runs them one after the other. In a set-up the first that fails is the last; a tear-down goes on. What they print is shown
 * when they fail; it goes to a file, so that a server may stay in the background.
 */
export async function runScripts(
	kind: 'before' | 'after',
	scripts: readonly string[],
	place: ScriptPlace,
): Promise<Failure[]> {
	const failures: Failure[] = [];
	for (const script of scripts) {
		const failure = await runScript(kind, script, place);
		if (failure) failures.push(failure);
		if (failure && kind === 'before') break;
	}
	return failures;
}

async function runScript(kind: 'before' | 'after', script: string, place: ScriptPlace): Promise<Failure | undefined> {
	const found = await failureOf(kind, script, place).catch((error) => `could not be run: ${reasonOf(error)}`);
	if (found === undefined) return undefined;
	return {
		where: `/${kind}`,
		what: kind,
		expected: 'exit status 0',
		found,
		sentence: `${kind}: ${JSON.stringify(script.trimEnd())} ${found}`,
	};
}

/** How it ended, and what it printed; `undefined` where it exited with 0. */
async function failureOf(
	kind: 'before' | 'after',
	script: string,
	{ cwd, env, scratch, signal }: ScriptPlace,
): Promise<string | undefined> {
	const printed = join(scratch, `.${kind}`);
	const fd = openSync(printed, 'w', 0o600);
	const ended = spawn('sh', ['-c', script], {
		cwd,
		env,
		stdio: ['ignore', fd, fd],
		timeout: longest,
		killSignal: 'SIGKILL',
		...(signal && kind === 'before' ? { signal } : {}),
	});
	closeSync(fd);
	const [code, killed] = (await once(ended, 'exit')) as [number | null, NodeJS.Signals | null];
	if (code === 0) return undefined;
	const how = killed ? `was ended by ${killed}` : `exited with status ${code}`;
	const text = readFileSync(printed, 'utf8').trimEnd();
	return text === '' ? how : `${how}: ${text.slice(-2000)}`;
}
