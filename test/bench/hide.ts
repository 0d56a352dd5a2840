/**
 * crun refuses a hybrid host, one that has cgroup v1 and v2 mounted at once. There the whole benchmark runs itself
 * again where v2 is not to be seen, in a mount namespace of its own, so that this costs no contestant anything.
 */
import { execa } from 'execa';
import { readHost } from '../../controller/cgroup/hierarchy.js';

/** Where v2 is mounted beside a v1 that has the controllers. */
export function mountToHide(): string | undefined {
	const { hierarchies } = readHost();
	const hasMemory = hierarchies.some(({ version, controllers }) => version === 1 && controllers.includes('memory'));
	return hasMemory ? hierarchies.find(({ version }) => version === 2)?.mountPoint : undefined;
}

/** Runs this same command where `mount` is hidden, and resolves to its exit status. */
export async function runWithout(mount: string): Promise<number> {
	const hide = 'umount "$1" && shift && exec "$@"';
	const itself = [process.execPath, ...process.argv.slice(1)];
	const child = execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', hide, 'sh', mount, ...itself], {
		stdio: 'inherit',
		reject: false,
	});
	// it is the other one that has things to clean up: this one waits for it
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
	return (await child).exitCode ?? 1;
}
