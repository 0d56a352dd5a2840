/** Runs the services of a case and their clients, once, and holds what came of them against what is expected. */

import type { Options } from '../../model/options.js';
import { escapeToken } from '../../model/pointer.js';
import type { Came, Files } from '../expect/check.js';
import type { Failure } from '../expect/expectations.js';
import { type Served, serve } from '../service/serve.js';
import type { ClientOptions } from '../service/service.js';
import type { Case, ServiceOfCase, ServingCase } from './suite.js';

export interface ServedAttempt {
	/** Of the first service that failed, or of the first. */
	came?: Came;
	served: Served;
	failures: Failure[];
}

export interface ServingPlace {
	clientOptions: ClientOptions;
	signal: AbortSignal;
	/** Those that it runs with. */
	optionsOf(one: Case): Options;
	/** What is in the files of which something is expected. */
	filesOf(one: Case): Files;
}

export async function runServices(
	{ services, isShared, clients, judge }: ServingCase,
	{ clientOptions, signal, optionsOf, filesOf }: ServingPlace,
): Promise<ServedAttempt> {
	const served = await serve({
		services: services.map(({ name, one, ready, stop }) => ({
			name,
			args: one.args,
			options: { ...optionsOf(one), ready, ...(stop && { stop }) },
		})),
		...{ isShared, clients, clientOptions, signal },
		accepts: judge.accepts,
	});
	const failed = services.map(({ name, one }) => {
		const came = served.services.find((each) => each.name === name)?.came;
		return came ? one.compiled.failures(came, filesOf(one)) : [];
	});
	const failures = failed.flatMap((some, index) =>
		some.map((one) => ({ ...one, ...(isShared && whereIn(services[index] as ServiceOfCase, one)) })),
	);
	const first = failed.findIndex((some) => some.length > 0);
	const came = served.services[Math.max(first, 0)]?.came;
	return { served, failures: [...failures, ...judge.failures(served)], ...(came && { came }) };
}

/** Of several services it says which. */
function whereIn(
	{ name }: ServiceOfCase,
	{ where, what, sentence }: Failure,
): Pick<Failure, 'where' | 'what' | 'sentence'> {
	return {
		where: `/services/${escapeToken(name)}${where}`,
		what: `${name}: ${what}`,
		sentence: `${name}: ${sentence}`,
	};
}
