/** A real terminal for what a test runs, by terminal.py. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { python, top } from './paths.js';

/** When it is disposed of the window is closed, and what still runs is killed. */
export interface Pty extends AsyncDisposable {
	/** Of the command. */
	pid: number;
	type(text: string): void;
	/** What the screen got since the last call, as soon as it matches; fails after 10 s. */
	see(pattern: RegExp): Promise<string>;
	resize(rows: number, columns: number): void;
	mode(): Promise<string>;
	/** Closes the window. */
	hangUp(): void;
	/** Status of the command, negative for a signal; the mode it left the terminal in; all that the screen got. */
	ended: Promise<{ status: number; mode: string; screen: string }>;
}

const patience = 10_000;

export async function openPty(command: string[], size: { rows: number; columns: number; env?: object }): Promise<Pty> {
	const helper = spawn(
		python,
		[join(top, 'test/support/terminal.py'), String(size.rows), String(size.columns), ...command],
		{ stdio: ['pipe', 'pipe', 'inherit', 'pipe'], env: { ...process.env, ...size.env } },
	);
	const control = helper.stdio[3] as Duplex;
	control.on('error', () => {}); // it has ended
	const lines = createInterface(control);
	lines.on('error', () => {}); // the same
	// heard one by one: two lines may come at once
	const answer = (word: string) =>
		new Promise<string[]>((resolve, reject) => {
			const hear = (line: string) => {
				const [first, ...rest] = line.split(' ');
				if (first !== word) return;
				lines.off('line', hear).off('close', miss);
				resolve(rest);
			};
			const miss = () => reject(new Error(`the terminal ended before it said "${word}"`));
			lines.on('line', hear).on('close', miss);
		});
	let screen = '';
	let seen = 0;
	helper.stdout?.on('data', (chunk) => {
		screen += chunk;
	});
	const exit = answer('exit');
	const closed = once(helper, 'close');
	const [pid] = await answer('pid');
	return {
		pid: Number(pid),
		type: (text) => void helper.stdin?.write(text),
		async see(pattern) {
			const end = Date.now() + patience;
			for (;;) {
				const found = pattern.exec(screen.slice(seen));
				if (found) {
					seen += found.index + found[0].length;
					return found[0];
				}
				if (Date.now() > end) throw new Error(`no ${pattern} in ${JSON.stringify(screen.slice(seen))}`);
				await sleep(10);
			}
		},
		resize: (rows, columns) => void control.write(`size ${rows} ${columns}\n`),
		async mode() {
			const answered = answer('mode');
			control.write('mode\n');
			return (await answered)[0] as string;
		},
		hangUp: () => void control.write('hangup\n'),
		ended: exit.then(async ([status, mode]) => {
			await closed;
			return { status: Number(status), mode: mode as string, screen };
		}),
		async [Symbol.asyncDispose]() {
			control.write('kill\n');
			await closed;
		},
	};
}
