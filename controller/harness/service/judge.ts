/** What is expected of services and of their clients: which of the two a word is about, and whether it holds. */
import type { RunResult } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import { asShell, compile } from '../expect/check.js';
import type { Expectations, Failure } from '../expect/expectations.js';
import type { Served } from './serve.js';

/** These are about the clients, all others about the service. */
const ofClients = ['exitCode', 'stdout', 'stderr'] as const;

export type ClientExpectations = Pick<Expectations, (typeof ofClients)[number]>;

/** Those about the clients, and those about the service. */
export function divided(expectations: Expectations): [ClientExpectations, Expectations] {
	const isOfClients = ([name]: [string, unknown]) => (ofClients as readonly string[]).includes(name);
	const entries = Object.entries(expectations);
	return [
		Object.fromEntries(entries.filter(isOfClients)),
		Object.fromEntries(entries.filter((entry) => !isOfClients(entry))),
	];
}

export interface Judge {
	/** `option-invalid` each, `where` a JSON pointer into the expectations. */
	mistakes: ProcreadyError[];
	/** Whether the next client is to run. */
	accepts(came: RunResult): boolean;
	/** What of the clients does not hold, when the services have come to `served`. */
	failures(served: Served): Failure[];
}

/**
 * Each client has to exit with 0, or as is said, unless the service is expected not to serve; stdout and stderr are of all of
 * them together, in their order.
 */
export function judgeClients(all: Expectations): Judge {
	const [expectations, ofService] = divided(all);
	const { exitCode, ...texts } = expectations;
	const { verdict = 'passed', signal, error } = ofService;
	const serves = verdict === 'passed' && signal === undefined && error === undefined;
	const status = compile(exitCode === undefined ? { verdict: serves ? 'passed' : 'any' } : { exitCode });
	const text = compile(texts);
	return {
		mistakes: [...status.mistakes, ...text.mistakes],
		accepts: (came) => status.failures(came).length === 0,
		failures({ clients, services, isCutShort }) {
			const last = clients.at(-1);
			if (last instanceof ProcreadyError && !asShell(expectations, last))
				return [clientFailure(failedToRun(last), clients.length)];
			if (last) {
				const came = clients.map((one) => (one instanceof ProcreadyError ? asShell(expectations, one) : one));
				return [
					...status.failures(last).map((failure) => clientFailure(failure, clients.length)),
					...text.failures(together(came as RunResult[])).map((failure) => clientFailure(failure, 1)),
				];
			}
			const [name] = Object.keys(expectations);
			if (name === undefined) return [];
			const ended = services.find(({ came }) => came instanceof ProcreadyError || came.verdict.outcome !== 'passed');
			const who = ended?.name;
			const found = isCutShort
				? `was killed, as ${who} had ended before it`
				: `did not run, as ${ended ? `${who} did not serve` : 'there is none'}`;
			return [{ where: `/${name}`, what: 'client', expected: name, found, sentence: `the client ${found}.` }];
		},
	};
}

function failedToRun({ message }: ProcreadyError): Failure {
	const expected = 'that it can be run';
	return {
		where: '/exitCode',
		what: 'exit status',
		expected,
		found: message,
		sentence: `could not be run: ${message}`,
	};
}

function clientFailure(failure: Failure, number: number): Failure {
	const who = number === 1 ? 'client' : `client ${number}`;
	return { ...failure, what: `${who}: ${failure.what}`, sentence: `${who}: ${failure.sentence}` };
}

/** What all have written, as if one had. */
function together(clients: readonly RunResult[]): RunResult {
	return clients.reduce((all, one) => ({
		...one,
		stdout: all.stdout + one.stdout,
		stderr: all.stderr + one.stderr,
		written: {
			stdout: sum(all.written.stdout, one.written.stdout),
			stderr: sum(all.written.stderr, one.written.stderr),
		},
	}));
}

function sum(
	one: RunResult['written']['stdout'],
	other: RunResult['written']['stdout'],
): RunResult['written']['stdout'] {
	return { bytes: one.bytes + other.bytes, lines: one.lines + other.lines, kept: one.kept + other.kept };
}
