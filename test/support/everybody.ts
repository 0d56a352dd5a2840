/** Programs that users other than root can start, also where the project lies in a directory that only root may enter. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const copies = new Map<string, string>();
let directory: string | undefined;

/** A copy in a directory that everybody may enter; it goes when this process does. */
export function forEverybody(program: string): string {
	let copy = copies.get(program);
	if (copy) return copy;
	if (!directory) {
		const made = mkdtempSync(join(tmpdir(), 'procready-programs-'));
		chmodSync(made, 0o755);
		process.on('exit', () => rmSync(made, { recursive: true }));
		directory = made;
	}
	copy = join(directory, basename(program));
	copyFileSync(program, copy);
	chmodSync(copy, 0o755);
	copies.set(program, copy);
	return copy;
}
