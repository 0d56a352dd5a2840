/**
 * Launches of the shim, in each of which one system call of one process fails: `make test-faults-shim`, see README.md here.
 * In a mount namespace of its own, so that a mount that is left behind is seen.
 *
 *   SEED=1 COUNT=300   so many, chosen at random; all by default
 *   FILTER=REGEXP      those whose name matches
 *   PART=2/3           the second third
 *   JOBS=2             side by side
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
	type Call,
	type Fault,
	isClean,
	judge,
	type Kind,
	nameOf,
	type Scenario,
	type Traced,
	trace,
	type Verdict,
	withScenarios,
} from '../support/faults.js';
import { shim } from '../support/paths.js';

const errnos = ['ENOMEM', 'EINTR', 'EPERM', 'EIO', 'EAGAIN', 'ENOSPC'];
const signals = ['SIGKILL', 'SIGSTOP'];

/** Before main(), where only the C library sees it; and what cannot fail. */
const beyond = new Set(['arch_prctl', 'set_tid_address', 'exit_group', 'getuid', 'getgid', 'umask']);
/** Where the same call is made many times on end, the first and the last stand for all. */
const runLength = 4;

function isEdge(calls: readonly Call[], index: number): boolean {
	const call = calls[index] as Call;
	const same = (at: number) => calls[at]?.process === call.process && calls[at]?.name === call.name;
	const before = [...Array(runLength).keys()].every((i) => same(index - 1 - i));
	return !(before && same(index + 1));
}

/** Where no device node may be made, that of the host is bound, and is seen as a mount. */
const isByDesign = ({ name, what }: Fault) => name === 'mknodat' && what === 'EPERM';

function faultsOf(scenario: Scenario, { calls }: Traced): Fault[] {
	const ordered = [...calls].sort((a, b) => a.process - b.process || a.place - b.place);
	return ordered
		.filter((call, index) => !beyond.has(call.name) && isEdge(ordered, index))
		.flatMap((call) => [
			...errnos.flatMap((what) => [false, true].map((isForEver) => ({ ...call, scenario, what, isForEver }))),
			...signals.map((what) => ({ ...call, scenario, what, isForEver: false })),
		])
		.filter((fault) => !isByDesign(fault));
}

/** Numbers below `bound` that look random: Lehmer's generator. */
function generator(seed: number): (bound: number) => number {
	let state = (seed % 2_147_483_646) + 1;
	return (bound) => {
		state = (state * 48_271) % 2_147_483_647;
		return state % bound;
	};
}

function chosen(faults: Fault[]): Fault[] {
	const [part = 1, parts = 1] = (process.env.PART ?? '1/1').split('/').map(Number);
	const filter = new RegExp(process.env.FILTER ?? '');
	const rest = faults.filter((fault) => filter.test(nameOf(fault))).filter((_, index) => index % parts === part - 1);
	const count = Number(process.env.COUNT ?? rest.length);
	if (count >= rest.length) return rest;
	const next = generator(Number(process.env.SEED ?? 1));
	return Array.from({ length: count }, () => rest.splice(next(rest.length), 1)[0] as Fault);
}

// ---- steps are told in their order ----

interface Told {
	fault: Fault;
	step: string;
}

/** The place of each step in the table of its process. */
function stepsOf(): Map<string, number> {
	const { stdout } = spawnSync(shim, ['--steps'], { encoding: 'utf8' });
	const rows = stdout.split('\n').map((line) => line.split(' | '));
	return new Map(
		rows.map(([process, step], index) => [`${process?.replace('| ', '').replace(' ', '-')} ${step}`, index]),
	);
}

/** Of the errors of calls that failed once, those that name a step before that of an earlier call. */
function outOfOrder(told: Told[]): Told[] {
	const steps = stepsOf();
	const placeOf = ({ fault: { scenario, process }, step }: Told) => {
		const role = scenario.processes[process];
		// in a step of its own the maker does some of those of the init; that of the config is in no table
		return steps.get(`${role} ${step}`) ?? (role === 'maker' ? steps.get('maker rights') : -1) ?? -1;
	};
	const groupOf = ({ fault }: Told) => `${fault.scenario.name} ${fault.process}`;
	return [...new Set(told.map(groupOf))].flatMap((group) => {
		const ordered = told.filter((one) => groupOf(one) === group).sort((a, b) => a.fault.place - b.fault.place);
		let latest = -1;
		return ordered.filter((one) => {
			const place = placeOf(one);
			const wrong = place < latest;
			latest = Math.max(latest, place);
			return wrong;
		});
	});
}

// ---- all of it ----

const command = (fault: Fault) => `make test-faults-shim FILTER='^${nameOf(fault).replaceAll('+', '[+]')}$$'`;

function tell(fault: Fault, { kind, detail }: Verdict): void {
	console.log(`${kind}: ${nameOf(fault)}: ${detail}\n  ${command(fault)}`);
}

async function traceAll(scenarios: Scenario[]): Promise<Map<Scenario, Traced>> {
	const traced = new Map<Scenario, Traced>();
	for (const scenario of scenarios) {
		await trace(scenario); // what is made once is made
		traced.set(scenario, await trace(scenario));
	}
	return traced;
}

async function sweep(scenarios: Scenario[]): Promise<void> {
	const traced = await traceAll(scenarios);
	const faults = chosen(scenarios.flatMap((scenario) => faultsOf(scenario, traced.get(scenario) as Traced)));
	console.error(`${faults.length} faults`);
	const verdicts = new Map<Fault, Verdict>();
	const waiting = [...faults];
	const work = async () => {
		for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
			const verdict = await judge(fault, traced.get(fault.scenario) as Traced);
			verdicts.set(fault, verdict);
			if (process.env.VERBOSE || !isClean(verdict)) tell(fault, verdict);
			if (verdicts.size % 1000 === 0) console.error(`${verdicts.size} of ${faults.length}`);
		}
	};
	await Promise.all(Array.from({ length: Number(process.env.JOBS) || 2 }, work));
	const wrong = outOfOrder(
		[...verdicts].flatMap(([fault, { kind, step }]) =>
			// of a copy that cannot be changed twice: before there is a config, and where it is asked for
			kind === 'error' && !fault.isForEver && step && step !== 'sealed' ? [{ fault, step }] : [],
		),
	);
	for (const { fault, step } of wrong)
		tell(fault, { kind: 'false', detail: `${step} is before the step of an earlier call` });
	sum([...verdicts.values()], wrong.length);
}

function sum(verdicts: Verdict[], wrongSteps: number): void {
	const of = (kind: Kind) => verdicts.filter((one) => one.kind === kind).length;
	const reached = verdicts.length - of('unreached');
	const texts = of('false') + wrongSteps;
	console.log(
		`${reached} faults: ${of('same')} changed nothing, ${of('error')} are an error, ${of('ended')} ended it; ` +
			`${of('hang')} hangs, ${of('other')} other states, ${texts} false texts, ${of('left')} left something; ` +
			`${of('unreached')} were not reached`,
	);
	if (of('hang') + of('other') + of('left') + texts > 0 || reached === 0) process.exitCode = 1;
}

const alone = 'mount --make-rshared / && exec "$@"';

if (process.env.PROCREADY_FAULTS_INSIDE) await withScenarios(sweep);
else
	process.exitCode =
		spawnSync(
			'unshare',
			[
				'--mount',
				'--propagation',
				'private',
				'sh',
				'-c',
				alone,
				'sh',
				process.execPath,
				fileURLToPath(import.meta.url),
			],
			{ stdio: 'inherit', env: { ...process.env, PROCREADY_FAULTS_INSIDE: '1' } },
		).status ?? 1;
