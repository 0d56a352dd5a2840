/** The caller's terminal, lent to a program: bytes both ways, as they are, and the size of the window. */
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import { ProcreadyError } from '../errors.js';
import { notWritten } from '../harness/not-written.js';
import { machine } from '../host/machine.js';
import type { ProcessOptions } from '../model/options.js';
import { stderr, stdout } from './output.js';

interface WindowSize {
	columns: number;
	rows: number;
}

interface Program {
	terminal: Duplex | null;
	resize(size: WindowSize): void;
}

export interface Lent extends Disposable {
	/** Resolves when all that the program wrote is printed: when it has ended, and nobody else has its terminal open. */
	readonly printed: Promise<void>;
}

/** Throws where keys would be asked of something that has none, and where two would draw on one terminal. */
export function checkTerminal({ tty = false, interactive = false, watch = false }): void {
	if (tty && interactive && !isatty(0))
		throw new ProcreadyError(
			'option-invalid',
			'--tty: stdin is not a terminal: leave out -i and nothing is read from it, or leave out -t and it is passed on as it is',
			{ where: '--tty' },
		);
	if (tty && watch)
		throw new ProcreadyError(
			'option-invalid',
			'--watch: cannot be used with --tty: look at it from elsewhere, with --name and procready stats',
			{ where: '--watch' },
		);
}

/** The size of the caller's window as an option, where it is known. */
export function sizeOfWindow(): Pick<ProcessOptions, 'consoleSize'> {
	const size = windowSize();
	return size ? { consoleSize: { height: size.rows, width: size.columns } } : {};
}

/** Of the terminal that stdout or stderr is, else of the controlling one. */
function windowSize(): WindowSize | undefined {
	const output = stdout.terminal ?? stderr.terminal;
	if (output) return { columns: output.columns, rows: output.rows };
	return isatty(0) ? sizeOfControlling() : undefined;
}

function sizeOfControlling(): WindowSize | undefined {
	try {
		const controlling = new WriteStream(openSync('/dev/tty', 'r+'));
		const { columns, rows } = controlling;
		controlling.destroy();
		return { columns, rows };
	} catch {
		return undefined; // stdin is a terminal, but that of another session
	}
}

/**
 * Until it is disposed of, what the program prints goes to stdout, and with `interactive` what is typed goes to it:
 * every key, also those that would send a signal. Where the caller's terminal is gone, the program's is hung up;
 * `hangUp` is called where only stdout is, and no SIGHUP says so.
 */
export function lendTerminal(program: Program, interactive: boolean, hangUp: () => void): Lent {
	const { terminal } = program;
	if (!terminal) return { printed: Promise.resolve(), [Symbol.dispose]() {} };
	const printed = printTo(1, terminal, hangUp);
	printed.catch(() => {}); // reported by whoever awaits it
	const giveBack = interactive ? setMode(0, 'raw', '-echo') : setMode(1, '-opost');
	const stdin = interactive ? process.stdin : undefined; // a terminal: see checkTerminal
	stdin?.pipe(terminal, { end: false });
	for (const end of ['end', 'error']) stdin?.once(end, () => terminal.destroy());
	const resize = () => {
		const size = windowSize();
		if (size) program.resize(size);
	};
	process.on('SIGWINCH', resize);
	resize(); // it may have changed during the start
	return {
		printed,
		[Symbol.dispose]() {
			process.off('SIGWINCH', resize);
			stdin?.unpipe(terminal).pause();
			giveBack();
		},
	};
}

/** Resolves when all is printed; throws `not-written` where that cannot be. Either way the program is not left waiting. */
async function printTo(file: number, terminal: Duplex, hangUp: () => void): Promise<void> {
	let hasEnded = false;
	terminal.once('end', () => {
		hasEnded = true;
	});
	try {
		await machine.copyTo(file, terminal);
		if (!hasEnded) hangUp();
	} catch (cause) {
		hangUp();
		throw notWritten('what the program printed', cause);
	}
}

/**
 * Changes how the terminal treats what passes through it, and returns what undoes that. By stty(1), because the raw mode
 * of Node still turns line feeds into new lines, which the terminal of the program has done already. On the ways out
 * that no code of ours sees, Node itself restores the mode.
 */
function setMode(fd: number, ...modes: string[]): () => void {
	if (!isatty(fd)) return () => {};
	const before = stty(fd, '-g');
	if (before === undefined) return () => {};
	stty(fd, ...modes);
	return () => void stty(fd, before);
}

/** `undefined` where the terminal is gone. */
function stty(fd: number, ...args: string[]): string | undefined {
	try {
		return execFileSync('stty', args, { stdio: [fd, 'pipe', 'ignore'], encoding: 'utf8' }).trim();
	} catch {
		return undefined;
	}
}
