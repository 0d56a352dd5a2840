/**
 * Launches of each kind, again and again, each time with one call of the host interface failing. What comes of it is one
 * ProcreadyError that names the errno, or what comes without the fault, but for `null` where something could not be read;
 * never a hang, never something left. 200 faults, chosen by a seed; all of them by `make test-faults`.
 *
 *   SEED=7 make test TESTS=test/faults     others
 *   FAULT='…' make test TESTS=test/faults  the one that a finding names
 */
import '../support/own-network.js';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { generator } from '../support/random.js';
import { makeRootfs } from '../support/rootfs.js';
import type { Answer, Task } from './controller-worker.js';
import { type Call, errnosOf, type Fault } from './faulty-machine.js';
import { launches, type Seen } from './launches.js';

const { FAULTS = '200', FAULT, SEED = '1' } = process.env;
/** Milliseconds: far more than anything takes here. */
const patience = 30_000;

const rootfs = makeRootfs();
t.teardown(() => rootfs.remove());

/** A process with a directory of its own for what is temporary. */
class Worker {
	readonly #directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	readonly #child: ChildProcess = fork(fileURLToPath(new URL('controller-worker.js', import.meta.url)), {
		env: { ...process.env, TMPDIR: this.#directory },
		stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
	});
	isUsed = false;

	/** `undefined` where it hangs. */
	async ask(task: Task): Promise<Answer | undefined> {
		this.isUsed = true;
		this.#child.send(task);
		const hang = new AbortController();
		const answer = await Promise.race([
			once(this.#child, 'message', { signal: hang.signal }).then(([answer]) => answer as Answer),
			once(this.#child, 'exit', { signal: hang.signal }).then(([status, signal]) => {
				throw new Error(`the controller ended: ${status ?? signal}`);
			}),
			sleep(patience, undefined, { signal: hang.signal }),
		]);
		hang.abort();
		return answer;
	}

	async end(): Promise<void> {
		if (this.#child.exitCode === null && this.#child.signalCode === null) {
			const ended = once(this.#child, 'exit');
			this.#child.kill('SIGKILL');
			await ended;
		}
		rmSync(this.#directory, { recursive: true, force: true });
	}
}

let worker = new Worker();

async function fresh(): Promise<Worker> {
	if (worker.isUsed) {
		await worker.end();
		worker = new Worker();
	}
	return worker;
}

interface Trial {
	launch: string;
	fault: Fault;
	/** Only the first launch of a process makes this call: whichever it is, it is the same. */
	isFirst: boolean;
	expected: Seen;
}

/** What is the same each time. */
function common(all: readonly Seen[]): Seen {
	const [first = {}, ...others] = all;
	const isSame = ([name, value]: [string, unknown]) =>
		others.every((other) => JSON.stringify(other[name]) === JSON.stringify(value));
	return Object.fromEntries(Object.entries(first).filter(isSame));
}

async function trialsOf(launch: string): Promise<Trial[]> {
	const worker = await fresh();
	const answers: Answer[] = [];
	for (let i = 0; i < 4; i++) {
		const answer = await worker.ask({ launch, rootfs: rootfs.path });
		if (!answer || answer.findings.length > 0) throw new Error(`${launch}: ${answer?.findings ?? 'it hangs'}`);
		answers.push(answer);
	}
	const [first, ...others] = answers as [Answer, ...Answer[]];
	const expected = common(answers.map(({ seen }) => seen));
	const key = (call: Call) => JSON.stringify(call);
	const later = new Set(others.flatMap(({ calls }) => calls.map(key)));
	const all = new Map([first, ...others].flatMap(({ calls }) => calls.map((call) => [key(call), call] as const)));
	return [...all].flatMap(([key, call]) =>
		(errnosOf[call.name as keyof typeof errnosOf] ?? []).flatMap((errno) =>
			[false, true].map((isForEver) => ({
				...{ launch, expected, isFirst: !later.has(key) },
				fault: { ...call, errno, isForEver },
			})),
		),
	);
}

async function outcomeOf({ launch, fault, expected, isFirst }: Trial): Promise<Answer> {
	if (isFirst) await fresh();
	const answer = await worker.ask({ launch, rootfs: rootfs.path, fault, expected }).catch((error) => error as Error);
	if (answer !== undefined && !(answer instanceof Error)) return answer;
	await fresh();
	const finding = answer?.message ?? `it hangs: nothing for ${patience / 1000} s`;
	return { calls: [], met: 1, outcome: 'refused', seen: {}, findings: [finding] };
}

/** Those of a process's first launch once, whichever launch it is. */
async function allTrials(names: readonly string[]): Promise<Trial[]> {
	const trials: Trial[] = [];
	const firsts = new Set<string>();
	for (const launch of names)
		for (const trial of await trialsOf(launch)) {
			const text = JSON.stringify(trial.fault);
			if (!trial.isFirst || !firsts.has(text)) trials.push(trial);
			if (trial.isFirst) firsts.add(text);
		}
	return trials;
}

function chosenOf(trials: readonly Trial[]): readonly Trial[] {
	if (FAULTS === 'all') return trials;
	const next = generator(Number(SEED));
	return Array.from({ length: Number(FAULTS) }, () => trials[next(trials.length)] as Trial);
}

t.test('each call that fails is an error, or changes nothing', async (t) => {
	t.comment(`SEED=${SEED}`);
	const one = FAULT ? (JSON.parse(FAULT) as Pick<Trial, 'launch' | 'fault'>) : undefined;
	const trials = await allTrials(one ? [one.launch] : Object.keys(launches));
	const isChosen = ({ fault }: Trial) => JSON.stringify(fault) === JSON.stringify(one?.fault);
	const chosen = one ? trials.filter(isChosen) : chosenOf(trials);
	t.ok(chosen.length > 0, 'there is something to try');
	const counts = { same: 0, 'in part': 0, refused: 0, 'not met': 0, wrong: 0 };
	for (const trial of chosen) {
		const { met, outcome, findings } = await outcomeOf(trial);
		counts[findings.length > 0 ? 'wrong' : met === 0 ? 'not met' : outcome]++;
		const { launch, fault } = trial;
		const repeat = `FAULT='${JSON.stringify({ launch, fault })}'`;
		for (const finding of findings) t.fail(`${finding} ${repeat}`, { stack: '', at: null });
	}
	t.comment(`${chosen.length} of ${trials.length} faults: ${JSON.stringify(counts)}`);
	t.equal(counts.wrong, 0, 'none was wrong');
});

t.teardown(() => worker.end());
