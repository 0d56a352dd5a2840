/**
 * `procready run --watch`: the live container in the last lines of the terminal. Those are kept out of the part that
 * scrolls (DECSTBM, as apt does it), so that what the program prints goes where it would go without, and stays.
 */
import type { WriteStream } from 'node:tty';
import type { LimitEvent } from '../cgroup/events.js';
import type { LiveContainer } from '../container/live.js';
import { blockHeight, blockOf } from '../harness/pictures/block.js';
import { hitText } from '../harness/pictures/words.js';
import type { Stats } from '../report/stats.js';
import { statsLine } from '../report/stats-text.js';
import type { Output } from './output.js';

export interface Watching extends Disposable {
	/** Resolves when the container has ended. */
	readonly ended: Promise<void>;
}

/** Milliseconds. */
const redraw = 200;
const nextLine = 1000;
/** As many as the widest picture has places. */
const kept = 64;
/** The program needs some lines too. */
const leastRows = blockHeight + 5;

/** Until it is disposed of. Where `output` is no terminal, or a very small one, it gets a line each second, and for each hit. */
export function watch(container: LiveContainer, output: Output): Watching {
	const { terminal } = output;
	if (!terminal || terminal.rows < leastRows) return watchInLines(container, output);
	return watchInBlock(container, output, terminal);
}

function watchInLines(container: LiveContainer, output: Output): Watching {
	const stop = new AbortController();
	const { signal } = stop;
	const lines = async () => {
		let before: Stats | undefined;
		for await (const sample of container.samples({ interval: nextLine, signal })) {
			output.write(statsLine(sample, before));
			before = sample;
		}
	};
	const hits = async () => {
		for await (const event of container.events({ signal })) output.write(`${hitLine(event)}\n`);
	};
	return {
		ended: Promise.all([lines(), hits()]).then(() => {}),
		[Symbol.dispose]: () => stop.abort(),
	};
}

function hitLine({ limit, counter, increase }: LimitEvent): string {
	return `         ${limit}: ${hitText({ limit, counter, count: increase })}`;
}

function watchInBlock(container: LiveContainer, output: Output, terminal: WriteStream): Watching {
	const stop = new AbortController();
	const { signal } = stop;
	const history: Stats[] = [];
	const totals = new Map<string, LimitEvent>();
	const region = reserveLines(output, terminal);
	const draw = () => {
		const [first, ...rest] = history;
		if (!first) return;
		const hits = [...totals.values()].map(({ limit, counter, total }) => ({ limit, counter, count: total }));
		const screen = { columns: terminal.columns, unicode: showsUnicode(), color: output.hasColours };
		region.draw(blockOf(container.args[0] ?? '', [first, ...rest], hits, screen));
	};
	const look = async () => {
		for await (const sample of container.samples({ interval: redraw, signal })) {
			history.push(sample);
			if (history.length > kept) history.shift();
			draw();
		}
	};
	const listen = async () => {
		for await (const event of container.events({ interval: redraw, signal })) totals.set(event.counter, event);
	};
	const resize = () => {
		region.resize();
		draw();
	};
	terminal.on('resize', resize);
	return {
		ended: Promise.all([look(), listen()]).then(() => {}),
		[Symbol.dispose]() {
			stop.abort();
			terminal.off('resize', resize);
			region.release();
		},
	};
}

function showsUnicode({ LC_ALL, LC_CTYPE, LANG } = process.env): boolean {
	return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

const save = '\x1b7';
const restore = '\x1b8';
const wholeScreen = '\x1b[r';
/** One line down in the same column; the text goes up where there is none. */
const down = '\x1bD';

/** Each change is one write, after which the cursor is where it was: whatever the program writes meanwhile is before or after it. */
function reserveLines(output: Output, terminal: WriteStream) {
	let reserved = 0;
	const first = () => reserved - blockHeight + 1;
	const reserve = () => {
		reserved = terminal.rows;
		const room = `${down.repeat(blockHeight)}\x1b[${blockHeight}A`;
		output.write(`${save}${wholeScreen}${restore}${room}${save}\x1b[1;${first() - 1}r${restore}`);
	};
	const release = () => {
		if (reserved > 0) output.write(`${save}${wholeScreen}\x1b[${first()};1H\x1b[J${restore}`);
		reserved = 0;
	};
	reserve();
	return {
		draw(lines: readonly string[]) {
			if (reserved === 0) return;
			const drawn = lines.map((line, index) => `\x1b[${first() + index};1H\x1b[2K${line}`).join('');
			output.write(`${save}${drawn}${restore}`);
		},
		/** A window that has become too small has no block any more, until it is large enough again. */
		resize() {
			if (terminal.rows >= leastRows) reserve();
			else release();
		},
		release,
	};
}
