/** The caller's terminal, lent to a program: bytes both ways, in raw mode, and the size of the window. */
import { openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { WriteStream } from 'node:tty';
import { ProcreadyError } from '../errors.js';
import type { ProcessOptions } from '../spec/options.js';

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

/** Throws where keys would be asked of something that has none. */
export function checkTerminal({ tty = false, interactive = false }): void {
	if (tty && interactive && !process.stdin.isTTY)
		throw new ProcreadyError(
			'option-invalid',
			'--tty: stdin is no terminal: leave out -i and nothing is read from it, or leave out -t and it is passed on as it is',
			{ where: '--tty' },
		);
}

/** The size of the caller's window as an option, where it is known. */
export function sizeOfWindow(): Pick<ProcessOptions, 'consoleSize'> {
	const size = windowSize();
	return size ? { consoleSize: { height: size.rows, width: size.columns } } : {};
}

/** Of the terminal that stdout or stderr is, else of the controlling one. */
function windowSize(): WindowSize | undefined {
	const output = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
	if (output) return { columns: output.columns, rows: output.rows };
	return process.stdin.isTTY ? sizeOfControlling() : undefined;
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
 * every key, also those that would send a signal. `hangUp` is called when stdout does not take any more.
 */
export function lendTerminal(program: Program, interactive: boolean, hangUp: () => void): Lent {
	const { stdin, stdout } = process;
	const { terminal } = program;
	if (!terminal) return { printed: Promise.resolve(), [Symbol.dispose]() {} };
	const resize = () => {
		const size = windowSize();
		if (size) program.resize(size);
	};
	// EPIPE, or EIO where the terminal is gone: the rest is still read, so that the program does not wait for it
	const broken = () => {
		terminal.unpipe(stdout).resume();
		hangUp();
	};
	const printed = finished(terminal, { writable: false }).catch(() => {});
	stdout.once('error', broken);
	terminal.pipe(stdout, { end: false });
	if (interactive) {
		stdin.setRawMode(true);
		stdin.on('error', () => {}); // EIO: as above
		stdin.pipe(terminal, { end: false });
	}
	process.on('SIGWINCH', resize);
	resize(); // it may have changed during the start
	return {
		printed,
		[Symbol.dispose]() {
			process.off('SIGWINCH', resize);
			if (!interactive) return;
			stdin.unpipe(terminal).pause();
			stdin.setRawMode(false);
		},
	};
}
