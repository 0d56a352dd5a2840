/** What the runtime says: results on stdout, and what went wrong on stderr and in the file of `--log`. */

import { errnoOf } from '../errors.js';
import { machine } from '../host/machine.js';
import { visibleLines } from '../model/visible.js';

export interface Log {
	error(text: string): Promise<void>;
	warn(text: string): Promise<void>;
	/** Only to the file. */
	info(text: string): Promise<void>;
	/** Only with `--debug`. */
	debug(text: string): Promise<void>;
}

export async function print(text: string): Promise<void> {
	await machine.writeWhole(1, Buffer.from(text));
}

export async function printJson(value: unknown): Promise<void> {
	await print(`${JSON.stringify(value, null, 2)}\n`);
}

/** A line each, in the words of runc: engines look for `level` and `msg`, and take the last line for the reason. */
export function openLog(file: string | undefined, format: string | undefined, isVerbose: boolean): Log {
	const say = async (level: string, text: string) => {
		if (level === 'error' || (level === 'warning' && file === undefined))
			await machine
				.writeWhole(2, Buffer.from(`procready-oci: ${level === 'error' ? '' : `${level}: `}${visibleLines(text)}\n`))
				.catch(() => {});
		if (file === undefined) return;
		const time = new Date(machine.now()).toISOString();
		const line =
			format === 'json'
				? JSON.stringify({ level, msg: text, time })
				: `time="${time}" level=${level} msg=${JSON.stringify(text)}`;
		append(file, `${line}\n`);
	};
	return {
		error: (text) => say('error', text),
		warn: (text) => say('warning', text),
		info: (text) => say('info', text),
		debug: async (text) => (isVerbose ? say('debug', text) : undefined),
	};
}

function append(path: string, line: string): void {
	try {
		machine.createFile(path, '', 0o644);
	} catch (error) {
		if (errnoOf(error) !== 'EEXIST') throw error;
	}
	const file = machine.open(path, 'append');
	try {
		machine.write(file, line);
	} finally {
		machine.close(file);
	}
}
