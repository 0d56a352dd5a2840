/** What `run` counts of a stream, made up for a text. */
import type { Written } from '../../controller/container/run.js';

/** Of `all` only the first `kept` bytes were kept. */
export function writtenOf(all: string, kept = Buffer.byteLength(all)): Written {
	const lines = all === '' ? 0 : all.replace(/\n$/, '').split('\n').length;
	return { bytes: Buffer.byteLength(all), lines, kept };
}
