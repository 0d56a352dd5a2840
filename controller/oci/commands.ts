/** The commands, each with what it does with its words and flags. */

import { errnoOf, ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { join } from '../model/path.js';
import { create, type Request } from './create.js';
import { kill, remove, signalOf } from './end.js';
import { exec } from './exec.js';
import { type CommandName, countOf, type ValuesOf } from './flags.js';
import { run } from './run.js';
import { type Log, printJson } from './say.js';
import { start } from './start.js';
import { stateOf } from './status.js';
import { pause, resume, update } from './steer.js';
import { type Entry, load } from './store.js';
import { events, features, list, ps } from './tell.js';
import { writeTemplate } from './template.js';
import { afterStop } from './turns.js';
import { type Report, reportOf } from './verdict.js';

interface Call<Name extends CommandName> {
	root: string;
	log: Log;
	values: ValuesOf<Name>;
	words: string[];
}

/** Each resolves to the exit status. */
export const commands: { [Name in CommandName]: (call: Call<Name>) => Promise<number> } = {
	create: done(async (call) => create(requestOf(call))),
	start: done(async ({ root, log, words }) => start(root, only(words), (text) => void log.warn(text))),
	state: done(async ({ root, words }) => {
		const entry = load(root, only(words));
		await printJson({ ...stateOf(entry), ...(await procreadyOf(entry)) });
	}),
	kill: done(async ({ root, values, words: [id, signal = 'SIGTERM', ...more] }) => {
		kill(root, only([id as string, ...more]), signalOf(signal), values.all === true);
	}),
	delete: done(async ({ root, log, values, words }) => {
		const id = only(words);
		await remove(root, id, values.force === true, (entry) => lastWords(entry, log)).catch((error) => {
			if (!(values.force && error instanceof ProcreadyError && / does not exist$/.test(error.message))) throw error;
		});
	}),
	run: (call) => run(requestOf(call), call.values.detach === true),
	list: done(({ root, values }) => list(root, values)),
	exec: ({ root, log, words, values }) => exec(root, words, values, (text) => void log.warn(text)),
	ps: done(({ root, words, values }) => ps(root, only(words), values)),
	pause: done(({ root, words }) => pause(root, only(words))),
	resume: done(({ root, words }) => resume(root, only(words))),
	update: done(({ root, words, values }) => update(root, only(words), values)),
	events: done(({ root, words, values }) => events(root, only(words), values)),
	features: done(features),
	spec: done(async ({ values }) => writeTemplate(values.bundle)),
};

function done<Name extends CommandName>(
	act: (call: Call<Name>) => Promise<void>,
): (call: Call<Name>) => Promise<number> {
	return async (call) => {
		await act(call);
		return 0;
	};
}

/** The ID, and nothing else. */
function only([id, ...more]: string[]): string {
	if (id === undefined) throw new ProcreadyError('option-invalid', 'the ID of the container is missing');
	if (more.length > 0) throw new ProcreadyError('option-invalid', `"${more[0]}" is one word too many`);
	return id;
}

function requestOf({ root, log, values, words }: Call<'create' | 'run'>): Request {
	return {
		root,
		id: only(words),
		bundle: values.bundle ?? '.',
		consoleSocket: values['console-socket'],
		pidFile: values['pid-file'],
		callersKeyring: values['no-new-keyring'] === true,
		preservedFds: countOf('--preserve-fds', values['preserve-fds']),
		warn: (text) => void log.warn(text),
	};
}

/** The report outlives the container: in its bundle, in the log, and on stdin of its hooks. */
async function lastWords(entry: Entry, log: Log): Promise<() => Promise<void>> {
	const report = await procreadyOf(entry);
	if (report.procready) {
		const { verdict } = report.procready;
		writeReport(entry, report.procready);
		for (const { sentence } of verdict?.causes ?? []) await log.info(`container ${entry.id}: ${sentence}`);
	}
	return () => afterStop(entry, report, (text) => void log.warn(text));
}

/** BUNDLE/procready.json, where that can be written: some engines have removed the bundle by then. */
function writeReport({ bundle }: Entry, report: Report): void {
	const path = join(bundle, 'procready.json');
	try {
		machine.remove(path);
		machine.createFile(path, `${JSON.stringify(report)}\n`, 0o644);
	} catch (error) {
		if (!['ENOENT', 'EROFS', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
	}
}

async function procreadyOf(entry: Entry): Promise<{ procready?: Report }> {
	const report = await reportOf(entry);
	return report ? { procready: report } : {};
}
