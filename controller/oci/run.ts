/** `run`: create, start, and in the foreground wait for the end and delete. */

import { signalTo } from '../host/processes.js';
import { allInTurn } from '../model/in-turn.js';
import { signalNumber } from '../model/numbers.js';
import { endedOf } from '../report/result.js';
import { removeCgroups } from './cgroups.js';
import { create, made, type Request, writePidFile } from './create.js';
import { catchSignals } from './signals.js';
import { start } from './start.js';
import { forget } from './store.js';
import { afterStop, turnsOfStart } from './turns.js';

/** Resolves to the exit status of the program. It ends with this process. */
export async function run(request: Request, detach: boolean): Promise<number> {
	if (detach) {
		await create(request);
		await start(request.root, request.id as string, request.warn);
		return 0;
	}
	const { root } = request;
	const { shim, setup, pid, entry, undo } = await made(request, false);
	using signals = catchSignals(); // until then they end this process, and the container with it
	let status = 1;
	await allInTurn(
		async () => {
			writePidFile(request.pidFile, pid);
			await turnsOfStart(entry, pid, async () => {
				shim.send({ type: 'procRun' });
				await setup.expect('procStarted');
				signals.forwardTo((signal) => signalTo(pid, signal));
			}).catch(async (error) => {
				await undo();
				throw error;
			});
			setup[Symbol.dispose]();
			const { exitCode, signal } = endedOf(await shim.expect('procExited'));
			signals.forwardTo(() => {}); // soon another process may have its pid
			status = exitCode ?? 128 + signalNumber(signal ?? 'SIGKILL');
		},
		() => removeCgroups(entry.plan.directories, entry.above),
		() => shim.close(),
		() => forget(root, entry.id),
		() => afterStop(entry, {}, request.warn),
	);
	return status;
}
