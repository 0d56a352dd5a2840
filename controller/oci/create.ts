/** `create`: a container that waits for `start`. Nothing of procready stays beside it. */

import { hold } from '../container/held.js';
import { invalidOption, ProcreadyError, reasonOf } from '../errors.js';
import { readHost } from '../host/hierarchy.js';
import { ifThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { version } from '../host/release.js';
import type { Host } from '../model/host.js';
import { parseJson } from '../model/json.js';
import { dirname, join, resolve } from '../model/path.js';
import type { Spec } from '../model/spec.js';
import { absolute } from '../plan/bundle.js';
import { planOf } from '../plan/plan.js';
import { type Begun, begin } from './begin.js';
import { missingAbove } from './cgroups.js';
import { type Config, configOf } from './dialect.js';
import { checkId, claim, directoryOf, type Entry, forget, save, thisProcess } from './store.js';
import { afterStop, earlyHooks } from './turns.js';

export interface Request {
	root: string;
	id: string | undefined;
	/** Relative to the working directory. */
	bundle: string;
	consoleSocket?: string | undefined;
	pidFile?: string | undefined;
	/** Its session keyring is that of this process, whatever the config says. */
	callersKeyring: boolean;
	/** How many file descriptors the program gets from 3 on. */
	preservedFds: number;
	/** Tells what is not done as it was asked for. */
	warn(text: string): void;
}

/** Throws whatever a launch does; then nothing is left. */
export async function create(request: Request): Promise<void> {
	const begun = await made(request, true);
	const { shim, setup, entry, undo } = begun;
	try {
		await hold(shim, setup);
		setup[Symbol.dispose]();
		save(request.root, { ...entry, settled: true });
		writePidFile(request.pidFile, begun.pid);
	} catch (error) {
		await undo().catch(() => {});
		forget(request.root, entry.id);
		await afterStop(entry, {}, request.warn);
		throw error;
	}
}

/** With its name taken and its limits in force. A container that is not `held` ends with this process. */
export async function made(request: Request, held: boolean): Promise<Begun> {
	const { root } = request;
	const id = checkId(request.id);
	const bundle = resolve(machine.self().directory ?? '/', request.bundle);
	const config = configOf(readJson(join(bundle, 'config.json')));
	const host = readHost();
	const entry = entryOf({ ...request, id, bundle }, config, host, held);
	for (const note of [...config.notes, ...entry.plan.notes]) request.warn(note);
	claim(root, entry);
	try {
		const fds = Array.from({ length: request.preservedFds }, (_, index) => index + 3);
		const begun = await begin(entry, host, 'inherit', fds);
		save(root, begun.entry);
		return begun;
	} catch (error) {
		forget(root, id);
		await afterStop(entry, {}, request.warn);
		throw error;
	}
}

function entryOf(
	{ root, id, bundle, consoleSocket, callersKeyring, preservedFds }: Request & { id: string },
	{ spec, ociVersion, annotations, hooks, hasProcess }: Config,
	host: Host,
	held: boolean,
): Entry {
	const asked = withTerminal(absolute(spec, bundle), consoleSocket);
	const path = asked.linux.cgroupsPath || id;
	const procready = { ...asked.procready, fds: preservedFds, ...(callersKeyring && { keyring: 'caller' as const }) };
	const planned = planOf({ ...asked, procready }, host, id, path);
	const init = {
		...planned.init,
		...(held && { hold: directoryOf(root, id) }),
		...(earlyHooks.some((name) => hooks[name]) && { saysMounted: true }),
	};
	// hooks may take what time they have
	const plan = { ...planned, init, ...(init.saysMounted && { setupTimeout: planned.setupTimeout ?? 0 }) };
	return {
		...{ version, id, ociVersion, bundle, annotations, hooks, hasProcess, plan },
		created: new Date(machine.now()).toISOString(),
		owner: machine.self().uid,
		creator: thisProcess(),
		settled: false,
		above: missingAbove(plan.directories),
		changes: [],
	};
}

/** Throws where nobody would have the other end of the terminal. */
export function withTerminal(spec: Spec, socket: string | undefined): Spec {
	if (!spec.process.terminal) {
		if (socket === undefined) return spec;
		throw invalidOption('--console-socket', 'gets the terminal, and process.terminal is not true');
	}
	if (socket === undefined)
		throw invalidOption('/process/terminal', 'needs --console-socket: nothing of this runtime relays what is typed');
	const consoleSocket = resolve(machine.self().directory ?? '/', socket);
	return { ...spec, procready: { ...spec.procready, consoleSocket } };
}

/** Throws `option-invalid`. */
export function readJson(path: string): unknown {
	try {
		return parseJson(machine.readGiven(path));
	} catch (cause) {
		throw new ProcreadyError('option-invalid', `cannot read ${path}: ${reasonOf(cause)}`, { cause });
	}
}

/** In one piece, because others wait for it. */
export function writePidFile(path: string | undefined, pid: number): void {
	if (path === undefined) return;
	const next = join(dirname(path), `.${pid}.pid`);
	ifThere(next, () => machine.remove(next));
	machine.createFile(next, String(pid), 0o644);
	machine.rename(next, path);
}
