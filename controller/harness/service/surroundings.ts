/** Where a service can be reached, and where its clients run. */
import type { Container } from '../../container/container.js';
import { machine } from '../../host/machine.js';
import type { Options } from '../../model/options.js';
import { readable } from './listeners.js';

/** The options by which a client is in the right network. */
export type ClientNetwork = Pick<Options, 'namespaces' | 'hosts'>;

/** Of a service that shares a network with others. */
export interface Surroundings {
	/** Its address there. */
	address: string;
	/** What its clients have there. */
	clients: ClientNetwork;
}

export interface Reached {
	addresses: readonly string[];
	network: ClientNetwork;
}

/**
 * In the network of the host clients run as they are. A service that the host reaches has the name `service` for them; one
 * in a network without any link has them in that network.
 */
export function reachedOf({ pid, addresses }: Container, surroundings: Surroundings | undefined): Reached {
	if (surroundings) return { addresses: [surroundings.address], network: surroundings.clients };
	const [own, its] = ['self', pid].map((one) => readable(() => machine.readLink(`/proc/${one}/ns/net`)));
	if (own === its || its === undefined) return { addresses: loopback, network: {} };
	const [first] = addresses;
	if (first !== undefined) return { addresses, network: { hosts: { service: first } } };
	return { addresses: loopback, network: { namespaces: { network: `pid:${pid}` } } };
}

const loopback = ['127.0.0.1', '::1'];
