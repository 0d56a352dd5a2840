/** A disk of the test's own: a file behind a loop device, loop(4). */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LoopDevice extends Disposable {
	/** Such as /dev/loop0. */
	path: string;
}

/** `undefined` where the kernel has none. */
export function loopDevice(bytes: number): LoopDevice | undefined {
	spawnQuietly('modprobe', 'loop'); // where it is a module
	if (!existsSync('/dev/loop-control')) return undefined;
	const directory = mkdtempSync(join(tmpdir(), 'procready-disk-'));
	const file = join(directory, 'disk');
	writeFileSync(file, '');
	truncateSync(file, bytes);
	const path = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
	return {
		path,
		[Symbol.dispose]() {
			execFileSync('losetup', ['--detach', path]);
			rmSync(directory, { recursive: true });
		},
	};
}

function spawnQuietly(command: string, ...args: string[]): void {
	try {
		execFileSync(command, args, { stdio: 'ignore' });
	} catch {
		// no such program, or no such module: whether there is a device is looked at
	}
}
