/** Set-up and tear-down: scripts of the suite, run outside of any container. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

async function runScript(
	kind: 'before' | 'after',
	script: string,
	{ cwd, env, scratch, signal }: ScriptPlace,
): Promise<Failure | undefined> {
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
	let how: string;
	try {
		const [code, killed] = (await once(ended, 'exit')) as [number | null, NodeJS.Signals | null];
		if (code === 0) return undefined;
		how = killed ? `was ended by ${killed}` : `exited with status ${code}`;
	} catch (error) {
		how = `could not be run: ${(error as Error).message}`;
	}
	const text = readFileSync(printed, 'utf8').trimEnd();
	const found = text === '' ? how : `${how}: ${text.slice(-2000)}`;
	return {
		where: `/${kind}`,
		what: kind,
		expected: 'exit status 0',
		found,
		sentence: `${kind}: ${JSON.stringify(script.trimEnd())} ${found}`,
	};
}
