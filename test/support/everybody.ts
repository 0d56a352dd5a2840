/** Programs that users other than root can start, also where the project lies in a directory that only root may enter. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { top } from './paths.js';

const copies = new Map<string, string>();
let directory: string | undefined;

/** One that everybody may enter; it goes when this process does. */
function openDirectory(): string {
	if (!directory) {
		const made = mkdtempSync(join(tmpdir(), 'procready-programs-'));
		chmodSync(made, 0o755);
		process.on('exit', () => rmSync(made, { recursive: true }));
		directory = made;
	}
	return directory;
}

/** A copy in a directory that everybody may enter. */
export function forEverybody(program: string): string {
	let copy = copies.get(program);
	if (copy) return copy;
	copy = join(openDirectory(), basename(program));
	copyFileSync(program, copy);
	chmodSync(copy, 0o755);
	copies.set(program, copy);
	return copy;
}

/** The whole project, for who needs more than one program: where root has run `enter`, in a mount namespace of its own. */
export function projectForEverybody(): { enter: string; at(path: string): string } {
	const place = join(openDirectory(), 'project');
	mkdirSync(place, { recursive: true });
	return {
		// what tap has every Node load may be where others cannot enter
		enter: `mount --bind ${top} ${place}; cd ${place}; unset NODE_OPTIONS`,
		at: (path) => join(place, relative(top, path)),
	};
}
