/** Services that are started one after the other, their clients, and their end: a run of all of it. */
import type { RunResult } from '../../container/run.js';
import { ProcreadyError, unexpected } from '../../errors.js';
import { ServiceFailure, type ServiceResult } from './result.js';
import { type ClientCommand, type ClientOptions, Service, type ServiceOptions } from './service.js';
import { openNetwork, type SharedNetwork } from './shared-network.js';

export interface Served {
	/** What came of each service; one that could not be started is an error, one that was not is absent. */
	services: ServedOne[];
	/** What came of the clients that were run, in their order. */
	clients: (RunResult | ProcreadyError)[];
	/** A client after these was ended, because a service had ended before it. */
	isCutShort: boolean;
}

export interface ServedOne {
	name: string;
	came: ServiceResult | ProcreadyError;
}

export interface Serving {
	/** Each is ready before the next is started; they are stopped in the other order. */
	services: { name: string; args: readonly string[]; options: ServiceOptions }[];
	/** They share a network of their own, where they know each other by name. */
	isShared: boolean;
	/** Run one after the other, as long as what came of the one before is accepted. */
	clients: readonly ClientCommand[];
	clientOptions: ClientOptions;
	accepts(came: RunResult): boolean;
	signal?: AbortSignal | undefined;
}

/** Does not reject for what becomes of a service or a client. Rejects as `launch` does where the network cannot be made. */
export async function serve(serving: Serving): Promise<Served> {
	const names = serving.services.map(({ name }) => name);
	if (!serving.isShared) return serveIn(undefined, serving);
	const network = await openNetwork(names, serving.signal);
	try {
		return await serveIn(network, serving);
	} finally {
		await network[Symbol.asyncDispose]();
	}
}

async function serveIn(network: SharedNetwork | undefined, serving: Serving): Promise<Served> {
	const { services, clients, clientOptions, accepts, signal } = serving;
	const served: Served = { services: [], clients: [], isCutShort: false };
	const started: { name: string; service: Service }[] = [];
	let isGoingOn = true;
	for (const { name, args, options } of services) {
		if (!isGoingOn) break;
		const came = await start(args, { ...options, ...(signal && { signal }) }, network, name);
		isGoingOn = came instanceof Service;
		if (came instanceof Service) started.push({ name, service: came });
		else served.services.push({ name, came });
	}
	for (const command of clients) {
		if (!isGoingOn) break;
		const running = started.map(({ service }) => service);
		const came = await Service.clientOf(running, command, { ...clientOptions, ...(signal && { signal }) }).catch(
			unexpected,
		);
		isGoingOn = !(came instanceof ProcreadyError) && accepts(came);
		served.isCutShort = came instanceof ServiceFailure;
		if (!(came instanceof ServiceFailure)) served.clients.push(came);
	}
	for (const { name, service } of started.reverse())
		served.services.push({ name, came: await service.stop().catch(unexpected) });
	served.services.sort((one, other) => indexOf(services, one.name) - indexOf(services, other.name));
	return served;
}

async function start(
	args: readonly string[],
	options: ServiceOptions,
	network: SharedNetwork | undefined,
	name: string,
): Promise<Service | ServedOne['came']> {
	const { surroundings, hosts, namespaces } = network?.of(name) ?? {};
	const placed = network
		? { ...options, hosts: { ...options.hosts, ...hosts }, namespaces: { ...options.namespaces, ...namespaces } }
		: options;
	try {
		return await Service.start(args, placed, surroundings);
	} catch (error) {
		return error instanceof ServiceFailure ? error.result : unexpected(error);
	}
}

function indexOf(services: Serving['services'], name: string): number {
	return services.findIndex((one) => one.name === name);
}
