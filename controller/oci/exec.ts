/** `exec`: one more process in a container. */

import { execHeld, execIn } from '../container/exec.js';
import { notRunning, ProcreadyError } from '../errors.js';
import { readCaller } from '../host/caller.js';
import { machine } from '../host/machine.js';
import { allInTurn } from '../model/in-turn.js';
import { signalNumber } from '../model/numbers.js';
import type { Process, Rlimit, Spec } from '../model/spec.js';
import type { ExecOptions } from '../plan/join.js';
import { readJson, withTerminal, writePidFile } from './create.js';
import { processConfigOf } from './dialect.js';
import { countOf, type ValuesOf } from './flags.js';
import { catchSignals } from './signals.js';
import { statusOf } from './status.js';
import { directoryOf, type Entry, hiddenName, load, removeTree } from './store.js';

type Values = ValuesOf<'exec'>;

/** Resolves to the exit status of the process, or with --detach to 0 when it runs. */
export async function exec(
	root: string,
	[id, ...command]: string[],
	values: Values,
	warn: (text: string) => void,
): Promise<number> {
	const entry = load(root, id as string);
	const { facts } = entry;
	const status = statusOf(entry);
	if (!facts || (status !== 'running' && status !== 'paused')) throw notRunning(`${id} (${status})`);
	const { args, options } = processOf(entry, command, values, warn);
	const stdio = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const;
	if (!values.detach) {
		using signals = catchSignals();
		const execution = await execIn(facts, args, { ...options, ...stdio }, readCaller());
		signals.forwardTo((signal) => execution.kill(signal));
		writePidFile(values['pid-file'], execution.pid);
		const { exitCode, signal } = await execution.wait();
		return exitCode ?? 128 + signalNumber(signal ?? 'SIGKILL');
	}
	const directory = hiddenName(directoryOf(root, entry.id), 'exec');
	machine.makeDirectory(directory, 0o700);
	await allInTurn(
		async () =>
			writePidFile(values['pid-file'], await execHeld(facts, args, { ...options, ...stdio }, readCaller(), directory)),
		() => removeTree(directory),
	);
	return 0;
}

function processOf(
	entry: Entry,
	command: string[],
	values: Values,
	warn: (text: string) => void,
): { args: string[]; options: ExecOptions } {
	const { process: file } = values;
	if (file !== undefined && command.length > 0)
		throw new ProcreadyError('option-invalid', `--process: the command is in ${file}, and "${command[0]}" is one more`);
	const preserved = countOf('--preserve-fds', values['preserve-fds']);
	const fds = Array.from({ length: preserved }, (_, index) => index + 3);
	const given = file === undefined ? undefined : processConfigOf(readJson(file));
	for (const note of given?.notes ?? []) warn(note);
	const spec = given?.spec ?? specOf(entry, command, values);
	if (values.tty) spec.process.terminal = true;
	const { procready } = withTerminal(spec, values['console-socket']);
	const consoleSocket = procready?.consoleSocket;
	const base = file === undefined ? { ...(values.cap && { capAdd: values.cap }) } : {};
	return {
		args: spec.process.args,
		options: {
			...optionsOf(spec.process),
			...base,
			...(preserved && { fds }),
			...(consoleSocket && { consoleSocket }),
		},
	};
}

/** What the flags say of it; what they leave out is as with the program of the container. */
function specOf({ facts }: Entry, args: string[], { user, cwd, env }: Values): Spec {
	if (args.length === 0) throw new ProcreadyError('option-invalid', 'a command is missing, or --process');
	const [uid, gid] = user?.split(':') ?? [];
	const of = facts?.process;
	const process: Process = {
		args,
		env: [...(of?.env ?? []), ...(env ?? [])],
		cwd: cwd ?? of?.cwd ?? '/',
		...(uid !== undefined && { user: { uid: Number(uid), gid: Number(gid ?? 0) } }),
	};
	return { ociVersion: '1.3.0', process, linux: {} };
}

/** Members of a process as the options that have the same meaning. */
function optionsOf({
	user,
	env = [],
	cwd,
	capabilities,
	rlimits,
	terminal,
	consoleSize,
	...rest
}: Process): ExecOptions {
	const pairs = env.map((pair): [string, string] => [
		pair.slice(0, pair.indexOf('=')),
		pair.slice(pair.indexOf('=') + 1),
	]);
	const { noNewPrivileges, oomScoreAdj, scheduler, ioPriority } = rest;
	return {
		env: Object.fromEntries(pairs),
		extendEnv: false,
		cwd,
		...(user && { user: `${user.uid ?? 0}:${user.gid ?? 0}`, groups: user.additionalGids ?? [] }),
		...(user?.umask !== undefined && { umask: user.umask }),
		...(capabilities && { capabilities }),
		...(rlimits && { rlimits: Object.fromEntries(rlimits.map(rlimitOf)) }),
		...(terminal && { terminal, ...(consoleSize && { consoleSize }) }),
		...(noNewPrivileges !== undefined && { noNewPrivileges }),
		...(oomScoreAdj !== undefined && { oomScoreAdj }),
		...(scheduler && { scheduler }),
		...(ioPriority && { ioPriority }),
	};
}

/** Beyond 2^53 there is no limit. */
function rlimitOf({ type, soft, hard }: Rlimit): [string, string] {
	const word = (value: number) => (Number.isSafeInteger(value) ? String(value) : 'unlimited');
	return [type.replace('RLIMIT_', '').toLowerCase(), `${word(soft)}:${word(hard)}`];
}
