/** The options of the network, turned into a namespace, interfaces and routes. */

import { invalidOption } from '../../errors.js';
import { defined, maybe } from '../../model/defined.js';
import type { NetworkInterface, NetworkOption, Options } from '../../model/options.js';
import type { Extension, Network } from '../../model/spec.js';
import { checkHosts } from './hosts.js';
import { linkOf } from './link.js';
import { networkPlanOf, type Places } from './plan.js';

type Namespaces = NonNullable<Options['namespaces']>;

/** The options with the network namespace that `network` stands for. Throws where `namespaces` says another one. */
export function withNetwork(options: Options): Options {
	const { network, namespaces } = options;
	if (network === undefined) return options;
	const meant = typeof network === 'string' ? namespaceOf(network) : 'new';
	const said = namespaces?.network;
	if (said !== undefined && said !== meant)
		throw invalidOption('/network', `${shown(network)} contradicts the network namespace that is asked for, ${said}`);
	return { ...options, namespaces: { ...namespaces, network: meant } };
}

const shown = (network: Options['network']) => (typeof network === 'string' ? network : 'an interface of its own');

function namespaceOf(option: NetworkOption): Namespaces['network'] & string {
	if (option === 'host') return 'host';
	if (option === 'none' || option === 'veth' || /^bridge=./.test(option)) return 'new';
	if (option.startsWith('path:/')) return option.slice('path:'.length) as `/${string}`;
	if (/^container:./.test(option)) return option as `container:${string}`;
	throw invalidOption(
		'/network',
		`${JSON.stringify(option)} is not host, none, veth, bridge=NAME, path:/NAMESPACE or container:NAME`,
	);
}

/** Of the extension. All is looked at here already, so that an error can name the option. */
export function networksOf(options: Options): Pick<Extension, 'networks' | 'routes' | 'link' | 'hosts'> {
	const { network, routes, namespaces, limits, hosts } = options;
	checkHosts(hosts, '/hosts');
	const networks = interfacesOf(network);
	const isNew = typeof network === 'object' || (typeof network === 'string' && namespaceOf(network) === 'new');
	if (routes?.length && !isNew && namespaces?.network !== 'new')
		throw invalidOption('/routes', 'a route needs a network of the container, such as veth');
	const link = maybe(limits?.link, (link) => linkOf(link, '/limits/link'));
	const extension = defined({ networks, routes, link, hosts });
	networkPlanOf({ procready: extension }, '', placesOf(network));
	return extension;
}

function interfacesOf(network: Options['network']): Network[] | undefined {
	if (network === undefined) return undefined;
	if (typeof network !== 'string') return [network].flat().map(withType);
	if (network === 'veth') return [{ type: 'veth' }];
	return network.startsWith('bridge=') ? [{ type: 'veth', bridge: network.slice('bridge='.length) }] : undefined;
}

const withType = (network: NetworkInterface): Network => ({ type: 'veth', ...network });

function placesOf(network: Options['network']): Places {
	return {
		network: (index) => (Array.isArray(network) ? `/network/${index}` : '/network'),
		route: (index) => `/routes/${index}`,
		link: '/limits/link',
	};
}
