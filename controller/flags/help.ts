/** The help: flags by topic, a line each. */
import type { Flag, Flags } from '../model/flag.js';

const column = 36;

/** The topics with their flags, one a line. */
export function helpOf(topics: Record<string, Flags>): string {
	return Object.entries(topics)
		.map(([topic, flags]) => `${topic}\n${Object.entries(flags).map(lineOf).join('')}`)
		.join('\n');
}

/** ` VALUE`, or `[=VALUE]` where there may be none. */
export function valueText({ value, implied }: Flag): string {
	if (value === undefined) return '';
	return implied === undefined ? ` ${value}` : `[=${value}]`;
}

function lineOf([name, flag]: [string, Flag]): string {
	const { short, help } = flag;
	const usage = `  ${short ? `-${short}, ` : ''}--${name}${valueText(flag)}`;
	return usage.length < column ? `${usage.padEnd(column)}${help}\n` : `${usage}\n${' '.repeat(column)}${help}\n`;
}
