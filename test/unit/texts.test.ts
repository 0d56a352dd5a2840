/**
 * Options, specifications, suites and command lines that look random: each is a run or a sentence, within the time that the
 * machine needs; never an error of JavaScript. TEXTS=N of each kind, SEED for others. They are made and tried by a thread,
 * which one text without an end does not keep from being told of.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import t from 'tap';
import { ProcreadyError } from '../../controller/errors.js';
import { inFlags, parse } from '../../controller/flags/arguments.js';
import * as topics from '../../controller/flags/flags.js';
import { limitFlags } from '../../controller/flags/limits.js';
import { type ContainerValues, commandLineOf, optionsOf } from '../../controller/flags/options.js';
import { readDocument } from '../../controller/harness/suite/document.js';
import { parseSuite } from '../../controller/harness/suite/parse.js';
import type { Flags } from '../../controller/model/flag.js';
import type { Options } from '../../controller/model/options.js';
import type { Spec } from '../../controller/model/spec.js';
import { planOf } from '../../controller/plan/plan.js';
import { scheduleOf } from '../../controller/plan/schedule.js';
import { specOf } from '../../controller/plan/specify.js';
import { rootless, v1, v2 } from '../support/hosts.js';
import { top } from '../support/paths.js';
import { generator } from '../support/random.js';
import { madeOf, mistaken, mistyped, type Next, pick, wordsOf } from '../support/texts.js';

/** Milliseconds without the next text: far more than one needs. */
const patience = 60_000;

const { TEXTS = '1500', SEED = '1' } = process.env;
const flags: Flags = Object.assign({}, limitFlags, ...Object.values(topics));
const hosts = [v1, v2, rootless];
const suites = ['cpu', 'files', 'memory', 'stop', 'tasks'].map((name) =>
	readFileSync(join(top, `test/cookbook/${name}.procready.yaml`), 'utf8'),
);
const specs = ['podman', 'runc-spec'].map(
	(name): Spec => JSON.parse(readFileSync(join(top, `test/fixtures/oci/${name}.json`), 'utf8')),
);
const caller = { environment: { PATH: '/bin' }, directory: '/' };

function planned(next: Next, args: readonly string[] | Spec, options: Options): void {
	const plan = planOf(specOf(args, options, caller), pick(next, hosts), '1-00000000-1');
	if (options.schedule) scheduleOf(options.schedule);
	JSON.stringify(plan);
}

/** How each kind is made, and tried. */
const kinds: Record<string, (next: Next) => { text: unknown; attempt(): void }> = {
	options(next) {
		const options = madeOf(next, 'options.schema.json') as Options;
		const text = (next(2) === 0 ? options : mistaken(next, options)) as Options;
		return { text, attempt: () => planned(next, ['true'], text) };
	},
	'one option'(next) {
		const all = madeOf(next, 'options.schema.json') as Record<string, unknown>;
		const name = pick(next, [...Object.keys(all), 'limits']);
		const text = { [name]: all[name] } as Options;
		return {
			text,
			attempt() {
				planned(next, ['true'], text);
				commandLineOf(['true'], text);
			},
		};
	},
	specification(next) {
		const spec = pick(next, specs);
		const { process, linux = {}, ...others } = madeOf(next, 'spec.schema.json') as Spec;
		const oci = { ociVersion: spec.ociVersion };
		const text = pick(next, [
			() => mistaken(next, spec),
			() => mistaken(next, mistaken(next, spec)),
			() => ({ ...spec, ...others, ...oci }),
			() => ({ ...spec, process: { ...spec.process, ...process, args: ['true'], cwd: '/' } }),
			() => ({ ...spec, linux: { ...spec.linux, ...linux } }),
		])() as Spec;
		return { text, attempt: () => planned(next, text, {}) };
	},
	'command line'(next) {
		const text = wordsOf(next, flags);
		return {
			text,
			attempt() {
				const { values, command } = parse(text, flags, 'run');
				const options = optionsOf(values as ContainerValues);
				planned(next, command.length > 0 ? command : ['true'], options);
			},
		};
	},
	suite(next) {
		const text =
			next(4) === 0
				? JSON.stringify(mistaken(next, madeOf(next, 'suite.schema.json')))
				: mistyped(next, pick(next, suites));
		return {
			text,
			attempt() {
				const { suite, mistakes } = parseSuite(readDocument(text, '/suites/a.procready.yaml'));
				for (const { message } of mistakes) mustBeSentence(message);
				if (!suite && mistakes.length === 0) throw new Error('neither a suite nor a mistake');
				for (const { args, options } of (suite?.cases ?? []).slice(0, 3))
					tolerate(() => planned(next, args ?? ['true'], options ?? {}));
			},
		};
	},
};

function mustBeSentence(message: string): void {
	if (message.trim() === '') throw new Error('an empty message');
}

/** A refusal is what a text may come to. */
function tolerate(attempt: () => void): void {
	try {
		attempt();
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		mustBeSentence(inFlags(error, flags));
	}
}

function tryAll(port: NonNullable<typeof parentPort>, seed: number, count: number): void {
	for (const [kind, make] of Object.entries(kinds))
		for (let i = 0; i < count; i++) {
			const next = generator(seed + i * 7919);
			const { text, attempt } = make(next);
			const shown = `${kind}: ${JSON.stringify(text)}`.slice(0, 4000);
			port.postMessage({ shown });
			try {
				tolerate(attempt);
			} catch (error) {
				port.postMessage({ shown, wrong: (error as Error).stack });
			}
		}
	port.postMessage({ done: true });
}

if (isMainThread)
	t.test('each is a run or a sentence', (t) => {
		t.comment(`SEED=${SEED} TEXTS=${TEXTS}`);
		const worker = new Worker(new URL(import.meta.url), { workerData: { seed: Number(SEED), count: Number(TEXTS) } });
		let last = 'nothing';
		let tried = 0;
		const end = () => {
			clearTimeout(timer);
			void worker.terminate();
			t.comment(`${tried} texts`);
			t.end();
		};
		const late = () => {
			t.fail(`without an end: ${last}`);
			end();
		};
		const timer = setTimeout(late, patience);
		worker.on('message', ({ shown, wrong, done }: { shown: string; wrong?: string; done?: true }) => {
			timer.refresh();
			if (done) return end();
			if (wrong === undefined) tried++;
			else t.fail(`${wrong}\n${shown}`, { at: null, stack: '' });
			last = shown;
		});
		worker.on('error', (error) => {
			t.error(error);
			end();
		});
	});
else if (parentPort) tryAll(parentPort, workerData.seed, workerData.count);
