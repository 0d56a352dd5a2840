/** Probes by the real thing: a shim is started as a launch does it. */
import { resolve } from 'node:path';
import { makeDirectories, placeProcess, removeDirectories } from '../cgroup/cgroup.js';
import { writeIdMaps } from '../container/id-maps.js';
import { shimPath, version } from '../host/release.js';
import type { InitConfig } from '../model/init-config.js';
import type { Plan } from '../model/plan.js';
import { startShim } from '../protocol/shim.js';
import { failureOf } from './attempt.js';
import type { Attempt } from './facts.js';

/** The shim itself: static, there whenever anything can be started, and soon at its end. */
export const program = [resolve(shimPath()), '--version'];

/** Milliseconds; far more than a busy machine needs, but a shim that hangs must not stop the doctor. */
export const patience = 30_000;

interface Trial extends Pick<Plan, 'init'>, Partial<Pick<Plan, 'idMaps' | 'directories' | 'sealed'>> {
	/** Called at procReady: all that is mounted is there. */
	look?: (pid: number) => void;
}

/** An init config that does nothing but start the program, and what is added to it. */
export function initOf(more: Partial<InitConfig>): InitConfig {
	return {
		version,
		initType: 'standard',
		args: program,
		env: [],
		cwd: '/',
		namespaces: {},
		rootfsPropagation: 'private',
		cgroup: { directories: [], bases: [] },
		...more,
	};
}

/** Starts the program, in directories that are made for it, as a launch does. Nothing is left. */
export async function tryInit({
	init,
	idMaps = onlyCaller(),
	directories = [],
	look,
	sealed,
}: Trial): Promise<Attempt> {
	const shim = startShim({ stdio: ['ignore', 'ignore', 'ignore'], sealed });
	const timer = setTimeout(() => void shim.close(), patience);
	try {
		shim.send(init);
		makeDirectories(directories);
		shim.send({ type: 'procCreate' });
		const { pid } = await shim.expect('procCreated');
		if (init.namespaces.user === 'new') await writeIdMaps(pid, idMaps);
		shim.send({ type: 'procSetup' });
		await shim.expect('procReady');
		look?.(pid);
		await placeProcess(directories, pid);
		shim.send({ type: 'procRun' });
		await shim.expect('procStarted');
		return 'done';
	} catch (error) {
		return failureOf(error);
	} finally {
		clearTimeout(timer);
		await shim.close();
		await removeDirectories(directories);
	}
}

/** The caller becomes root of the user namespace: so much anybody may map, user_namespaces(7). */
function onlyCaller(): NonNullable<Plan['idMaps']> {
	const only = (hostID = 0) => [{ containerID: 0, hostID, size: 1 }];
	return { uids: only(process.geteuid?.()), gids: only(process.getegid?.()) };
}
