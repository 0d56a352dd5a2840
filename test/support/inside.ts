/** Scripts in a container with a root of its own, run by the init alone. */

import type { InitConfig, InitMount } from '../../controller/model/init-config.js';
import type { ProcError } from '../../controller/model/messages.js';
import { goodConfig, run, type ShimOptions } from './raw-shim.js';
import { makeRootfs, type Rootfs } from './rootfs.js';

export const proc = goodConfig.mounts?.[0] as InitMount;

export interface Inside {
	path: string;
	/** What a shell script prints there. Throws unless it ends with 0. */
	sh(script: string, changes?: Partial<InitConfig>, options?: ShimOptions): Promise<string>;
	/** The error that the launch ends with. Throws where there is none. */
	refusal(changes: Partial<InitConfig>, options?: ShimOptions): Promise<ProcError>;
	remove: Rootfs['remove'];
}

export function makeInside(): Inside {
	const { path, remove } = makeRootfs();
	const launch = (changes: Partial<InitConfig>, options: ShimOptions) =>
		run({ root: { path }, env: ['PATH=/bin'], ...changes }, { sealed: true, ...options });
	return {
		path,
		remove,
		async sh(script, changes = {}, options = {}) {
			const { last, stdout, stderr } = await launch({ args: ['sh', '-ec', script], ...changes }, options);
			if (last?.type !== 'procExited' || !('code' in last) || last.code !== 0)
				throw new Error(`${script}: ${JSON.stringify(last)}\n${stdout}${stderr}`);
			return stdout;
		},
		async refusal(changes, options = {}) {
			const { last, stdout } = await launch(changes, options);
			if (last?.type !== 'procError') throw new Error(`no error: ${JSON.stringify(last)}\n${stdout}`);
			return last;
		},
	};
}
