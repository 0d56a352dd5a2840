/** The help: flags by topic, a line each. */
import type { Flag, Flags } from '../model/flag.js';

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
