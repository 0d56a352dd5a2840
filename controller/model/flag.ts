/** What a flag of the command line is. Its row says both ways what it means: words as an option, and the option as words. */

export interface Flag {
	type: 'string' | 'boolean';
	/** May be given several times. */
	multiple?: true;
	/** One letter. */
	short?: string;
	/** Other names for it, which mean exactly the same: those that the library or other programs have for it. */
	aliases?: readonly string[];
	/** What stands for the value in help and documents. */
	value?: string;
	/** The value of a flag that is given without one; any other is written `--name=VALUE`. Only where no command follows. */
	implied?: string;
	/** What the flag does, in one line. */
	help: string;
	/** What it does, for the manual; words between backquotes are literal. Default: `help`. */
	text?: string;
	/** What holds without the flag, for the manual. */
	default?: string;
	/** The option of the library that the flag stands for, such as `limits.pids`; errors speak of it. */
	option?: string;
	/** A second option, which the flag becomes instead where its value says so. */
	also?: string;
	/**
	 * The value has members of its own, which an error names by its pointer, or by what the flag calls them: with `true` all of
	 * them, else those that have a name here.
	 */
	members?: true | Readonly<Record<string, string>>;
	/** How words become a value, where neither `parse` nor `print` says so. Default: the words are the value. */
	kind?: 'integer' | 'pairs';
	/** The option for what was given: `true`, a word, or with `multiple` words. `flag` is for errors. */
	parse?(given: never, flag: string): unknown;
	/**
	 * What gives the option this value: words, each behind a flag of its own, or whether the flag is there. `undefined`
	 * where the flag cannot say it.
	 */
	print?(value: never): readonly string[] | boolean | undefined;
}

export type Flags = Readonly<Record<string, Flag>>;
