/** Progress on stderr: one live line in a terminal, elsewhere a line each time that something new is known. */
export interface Progress extends Disposable {
	/** What is being done now; only a terminal shows it. */
	live(text: string): void;
	/** What is known from now on. */
	line(text: string): void;
}

export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
	const clear = () => {
		if (stream.isTTY) stream.write('\r\x1b[K');
	};
	return {
		live(text) {
			if (stream.isTTY) stream.write(`\r\x1b[K${text.slice(0, Math.max(20, stream.columns - 1))}`);
		},
		line(text) {
			clear();
			stream.write(`${text}\n`);
		},
		[Symbol.dispose]: clear,
	};
}
