/** A mount namespace of the host's files in which a test has changed something, for an init to join. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Calls `use` with the path of a namespace where the shell script has run, with `args` as $1, $2, …. */
export async function withMounts(script: string, args: string[], use: (path: string) => unknown): Promise<void> {
	const whole = `${script}\necho done; exec sleep infinity`;
	const holder = spawn('unshare', ['--mount', 'sh', '-ec', whole, 'sh', ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const exit = once(holder, 'exit');
	const [said] = await Promise.race([once(holder.stdout, 'data'), exit]);
	try {
		if (`${said}` !== 'done\n') throw new Error(`the script failed: ${said}`);
		await use(`/proc/${holder.pid}/ns/mnt`);
	} finally {
		holder.kill('SIGKILL');
		await exit;
	}
}
