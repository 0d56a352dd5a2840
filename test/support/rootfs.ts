/** A small root file system of its own for a test: busybox, the probe, the usual directories, and two users. */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probe } from './paths.js';

/** Static, so that it runs in any root. */
const busybox = '/bin/busybox';

const directories = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'tmp', 'var'];
const passwd = [
	'root:x:0:0:root:/root:/bin/sh',
	'nobody:x:65534:65534:nobody:/:/bin/false',
	'user:x:1000:1000::/home:/bin/sh',
];
const group = ['root:x:0:', 'nogroup:x:65534:', 'user:x:1000:', 'staff:x:50:user'];

let applets: string[] | undefined;

export interface Rootfs {
	/** On the host; everybody may search it. */
	path: string;
	/** Removes it with all that is in it. Throws where something is mounted in it: that would be removed as well. */
	remove(): void;
}

export function makeRootfs(): Rootfs {
	applets ??= execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
	const path = mkdtempSync(join(tmpdir(), 'procready-rootfs-'));
	chmodSync(path, 0o755);
	for (const directory of directories) mkdirSync(join(path, directory));
	chmodSync(join(path, 'tmp'), 0o1777);
	copyFileSync(busybox, join(path, 'bin/busybox'));
	copyFileSync(probe, join(path, 'bin/probe'));
	for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(path, 'bin', applet));
	writeFileSync(join(path, 'etc/passwd'), `${passwd.join('\n')}\n`);
	writeFileSync(join(path, 'etc/group'), `${group.join('\n')}\n`);
	return {
		path,
		remove() {
			if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path}`))
				throw new Error(`a mount is left in ${path}`);
			rmSync(path, { recursive: true });
		},
	};
}
