/**
 * crun refuses a hybrid host, one that has cgroup v1 and v2 mounted at once. There the whole benchmark runs itself
 * again where v2 is not to be seen, in a mount namespace of its own, so that this costs no contestant anything.
 */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { readHost } from '../../controller/host/hierarchy.js';

/** A shell's command that hides the v2 mount beside a v1 that has the controllers; none where there is nothing to hide. */
export function hidingV2(): string | undefined {
	const { hierarchies } = readHost();
	const hasMemory = hierarchies.some(({ version, controllers }) => version === 1 && controllers.includes('memory'));
	const hidden = hasMemory && hierarchies.find(({ version }) => version === 2)?.mountPoint;
	return hidden ? `umount '${hidden}'` : undefined;
}

/** One that leaves of such a host only v2, where crun looks for it; and a limit that it has there. */
export function leavingV2(): { command: string; limit: string } | undefined {
	const { hierarchies } = readHost();
	const v2 = hierarchies.find(({ version }) => version === 2);
	if (!v2?.controllers.includes('hugetlb')) return undefined;
	const v1 = readFileSync('/proc/self/mountinfo', 'utf8')
		.split('\n')
		.filter((line) => line.includes(' - cgroup '))
		.map((line) => `'${line.split(' ')[4]}'`);
	const usual = '/sys/fs/cgroup';
	const move = `mount --bind '${v2.mountPoint}' /mnt && umount '${v2.mountPoint}' && umount ${usual} && mount --move /mnt ${usual}`;
	return { command: `umount ${v1.join(' ')} && ${move}`, limit: 'hugetlb.2MB.max' };
}

/** Runs this same command, with more arguments, in a mount namespace that `prepare` has changed; resolves to its exit status. */
export async function runAfter(prepare: string, ...more: string[]): Promise<number> {
	const hide = `${prepare} && exec "$@"`;
	const itself = [process.execPath, ...process.argv.slice(1), ...more];
	const child = execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', hide, 'sh', ...itself], {
		stdio: 'inherit',
		reject: false,
	});
	// it is the other one that has things to clean up: this one waits for it
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
	return (await child).exitCode ?? 1;
}
