/** What this process is, by Node. */

import type { Self } from '../interface.js';

export function self(): Self {
	return {
		pid: process.pid,
		uid: process.geteuid?.() ?? 0,
		gid: process.getegid?.() ?? 0,
		environment: process.env,
		directory: directory(),
	};
}

function directory(): string | undefined {
	try {
		return process.cwd();
	} catch {
		return undefined; // it was removed
	}
}
