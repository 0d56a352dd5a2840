/** What a reporter is: it is told what happens and writes it in its form. */
import type { HarnessEvent } from '../suite/outcome.js';

export interface Output {
	write(text: string): void;
	/** A terminal: what is there may be written over. */
	isTerminal: boolean;
	/** Escape sequences for colours are welcome. */
	hasColours: boolean;
	/** How many characters are in a line, where that is known. */
	columns?(): number;
}

export type Reporter = (event: HarnessEvent) => void;

export type MakeReporter = (output: Output) => Reporter;
