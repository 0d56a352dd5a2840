/** Debian's Chromium without a window, for files on disk. Nothing it does leaves the machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const quiet = [
	...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
	...['--disable-background-networking', '--disable-component-update', '--hide-scrollbars'],
	...['--disable-dev-shm-usage', '--proxy-server=127.0.0.1:9', '--no-pdf-header-footer'],
];

/** What of a document is looked at. The library `dom` would let every file here use the globals of a window. */
export interface Page {
	title: string;
	documentElement: { clientWidth: number; scrollWidth: number };
	querySelector(selector: string): Part | null;
	querySelectorAll(selector: string): Iterable<Part>;
}

export interface Part {
	id: string;
	value: string;
	textContent: string;
	getBoundingClientRect(): Box;
	querySelectorAll(selector: string): Iterable<Part>;
}

export interface Box {
	left: number;
	right: number;
	top: number;
	bottom: number;
	width: number;
}

/** What `--dump-dom` and the like print. */
export async function browse(file: string, ...flags: string[]): Promise<string> {
	const profile = mkdtempSync(join(tmpdir(), 'procready-browser-'));
	try {
		const options = { timeout: 60_000, stdin: 'ignore', stderr: 'ignore' } as const;
		const { stdout } = await execa(
			'chromium',
			[...quiet, `--user-data-dir=${profile}`, ...flags, `file://${file}`],
			options,
		);
		return stdout;
	} finally {
		rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
	}
}

/**
 * What a screen of this width shows of a page: `look` is called with its document, there, and returns what JSON can hold.
 * The page is put into a frame of another one, because it lets no script run itself.
 */
export async function look<T>(page: string, width: number, see: (page: Page) => T): Promise<T> {
	const directory = mkdtempSync(join(tmpdir(), 'procready-frame-'));
	const file = join(directory, 'frame.html');
	const text = readFileSync(page, 'utf8').replaceAll('&', '&amp;').replaceAll('"', '&quot;');
	try {
		writeFileSync(
			file,
			`<!DOCTYPE html><meta charset="utf-8">
<iframe style="border:0;width:${width}px;height:900px" srcdoc="${text}"></iframe>
<script>onload = () => document.body.replaceWith(JSON.stringify((${see})(frames[0].document)));</script>`,
		);
		const dom = await browse(file, '--dump-dom', '--window-size=1400,1000');
		return JSON.parse(unescaped(dom.slice(dom.indexOf('</head>') + '</head>'.length, dom.lastIndexOf('</html>'))));
	} finally {
		rmSync(directory, { recursive: true });
	}
}

function unescaped(text: string): string {
	return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
