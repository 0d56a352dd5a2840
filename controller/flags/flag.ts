/** What a flag is, and how the help shows it. */

export interface Flag {
	type: 'string' | 'boolean';
	/** May be given several times. */
	multiple?: true;
	/** One letter. */
	short?: string;
	/** What stands for the value in the help. */
	value?: string;
	help: string;
	/** The option that errors speak of, */
	option?: string;
	/** and another one that it may become. */
	also?: string;
}

export type Flags = Readonly<Record<string, Flag>>;

const column = 36;

/** The topics with their flags, one a line. */
export function helpOf(topics: Record<string, Flags>): string {
	return Object.entries(topics)
		.map(([topic, flags]) => `${topic}\n${Object.entries(flags).map(lineOf).join('')}`)
		.join('\n');
}

function lineOf([name, { short, value, help }]: [string, Flag]): string {
	const usage = `  ${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
	return usage.length < column ? `${usage.padEnd(column)}${help}\n` : `${usage}\n${' '.repeat(column)}${help}\n`;
}
