/** Progress on stderr: one live line in a terminal, elsewhere a line each time that something new is known. */
import { stderr } from './output.js';

export interface Progress extends Disposable {
	/** What is being done now; only a terminal shows it. */
	live(text: string): void;
	/** What is known from now on. */
	line(text: string): void;
}

export function showProgress(): Progress {
	const { terminal } = stderr;
	const clear = () => {
		if (terminal) stderr.write('\r\x1b[K');
	};
	return {
		live(text) {
			if (terminal) stderr.write(`\r\x1b[K${text.slice(0, Math.max(20, terminal.columns - 1))}`);
		},
		line(text) {
			clear();
			stderr.write(`${text}\n`);
		},
		[Symbol.dispose]: clear,
	};
}
