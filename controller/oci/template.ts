/** `spec`: a config.json to begin with: a shell in `rootfs`, with what a root has unless it says otherwise. */

import { ProcreadyError, reasonOf } from '../errors.js';
import { machine } from '../host/machine.js';
import { join, resolve } from '../model/path.js';
import { defaultCapabilities } from '../plan/capabilities.js';
import { defaultMaskedPaths, defaultMounts, defaultReadonlyPaths } from '../plan/root.js';

/** Throws where there is a config.json. */
export function writeTemplate(bundle = '.'): void {
	const path = join(resolve(machine.self().directory ?? '/', bundle), 'config.json');
	try {
		machine.createFile(path, `${JSON.stringify(template(), null, '\t')}\n`, 0o644);
	} catch (cause) {
		throw new ProcreadyError('not-written', `cannot write ${path}: ${reasonOf(cause)}`, { cause });
	}
}

function template(): object {
	const names = [...defaultCapabilities];
	return {
		ociVersion: '1.3.0',
		process: {
			terminal: true,
			user: { uid: 0, gid: 0 },
			args: ['sh'],
			env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
			cwd: '/',
			capabilities: { bounding: names, effective: names, permitted: names },
			noNewPrivileges: true,
		},
		root: { path: 'rootfs', readonly: true },
		hostname: 'procready',
		mounts: defaultMounts,
		linux: {
			resources: { devices: [{ allow: false, access: 'rwm' }] },
			namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
			maskedPaths: defaultMaskedPaths,
			readonlyPaths: defaultReadonlyPaths,
		},
	};
}
