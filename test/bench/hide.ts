/**
 * crun refuses a hybrid host, one that has cgroup v1 and v2 mounted at once. There the whole benchmark runs itself
 * again where v2 is not to be seen, in a mount namespace of its own, so that this costs no contestant anything.
 */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { readHost } from '../../controller/cgroup/hierarchy.js';

/** Where v2 is mounted beside a v1 that has the controllers. */
export function mountToHide(): string | undefined {
	const { hierarchies } = readHost();
	const hasMemory = hierarchies.some(({ version, controllers }) => version === 1 && controllers.includes('memory'));
	return hasMemory ? hierarchies.find(({ version }) => version === 2)?.mountPoint : undefined;
}

/** The v1 mounts of such a host, all of them, and a limit that its v2 has. */
export function onlyV2(): { hide: string[]; limit: string } | undefined {
	const { hierarchies } = readHost();
	const v2 = hierarchies.find(({ version }) => version === 2);
	if (!v2?.controllers.includes('hugetlb')) return undefined;
	const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
		.split('\n')
		.filter((line) => line.includes(' - cgroup '));
	return { hide: mounts.map((line) => line.split(' ')[4] as string), limit: 'hugetlb.2MB.max' };
}

/** Runs this same command where `mounts` are hidden, with more arguments, and resolves to its exit status. */
export async function runWithout(mounts: string[], ...more: string[]): Promise<number> {
	const hide = `umount ${mounts.map((mount) => `'${mount}'`).join(' ')} && exec "$@"`;
	const itself = [process.execPath, ...process.argv.slice(1), ...more];
	const child = execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', hide, 'sh', ...itself], {
		stdio: 'inherit',
		reject: false,
	});
	// it is the other one that has things to clean up: this one waits for it
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
	return (await child).exitCode ?? 1;
}
