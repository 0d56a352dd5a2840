/** The network of a container, turned into lines for ip(8): pure data. */

import { invalidOption } from '../../errors.js';
import { addressText, networkText } from '../../model/address.js';
import { defined, maybe, nonEmpty } from '../../model/defined.js';
import type { Command, NetworkPlan } from '../../model/network-plan.js';
import type { Network, Spec } from '../../model/spec.js';
import { checkInterface, checkInterfaceName, checkRoute } from './check.js';
import { plannedDevices } from './devices.js';
import { interfaceOf } from './interface.js';
import { checkLink } from './link.js';

/** Pointers to the members. */
export interface Places {
	network: (index: number) => string;
	route: (index: number) => string;
	link: string;
}

const inSpec: Places = {
	network: (index) => `/procready/networks/${index}`,
	route: (index) => `/procready/routes/${index}`,
	link: '/procready/link',
};

/** Throws `option-invalid`. `id` makes the names of the other ends. `undefined` where there is nothing to do. */
export function networkPlanOf(
	spec: Pick<Spec, 'procready'> & { linux?: Spec['linux'] },
	id: string,
	places = inSpec,
): NetworkPlan | undefined {
	const { networks = [], routes = [], link } = spec.procready ?? {};
	if (link) checkLink(link, places.link);
	if (link && !networks.some(({ type }) => type === 'veth'))
		throw invalidOption(places.link, 'needs an interface of the container, such as veth makes');
	const devices = plannedDevices(spec.linux?.netDevices);
	if (networks.length === 0 && routes.length === 0 && devices.length === 0) return undefined;
	const named = namesOf(networks, places);
	const checked = named.map(({ network, name, where }) => ({
		...{ network, name, where },
		addressed: checkInterface(network, where),
	}));
	const names = ['lo', ...checked.map(({ name }) => name), ...devices.map(({ name }) => name)];
	const isKnown = devices.length === 0 && checked.every(({ addressed }) => addressed.length > 0);
	const subnets = isKnown ? checked.flatMap(({ addressed }) => addressed.map(({ subnet }) => subnet)) : undefined;
	const routed = routes.map((route, index) => checkRoute(route, { names, subnets }, places.route(index)));
	const gateways = checked.flatMap(({ addressed }) => addressed).filter(({ gateway }) => gateway !== undefined);
	const hasDefault = (family: number) =>
		routed.some((route) => route.family === family && route.destination.prefix === 0) ||
		gateways.some(({ subnet }) => subnet.family === family);
	const needsDefault = new Set([4, 6].filter((family) => !hasDefault(family)));
	const interfaces = checked.map((one, index) => interfaceOf(one, `${id}/${index}`, needsDefault));
	return defined({ interfaces, devices: nonEmpty(devices), routes: routed.map(routeCommand), link });
}

interface Named {
	network: Network;
	name: string;
	where: string;
}

/** All but the loopback, which the init brings up. */
function namesOf(networks: readonly Network[], places: Places): Named[] {
	const all: Named[] = [];
	for (const [index, network] of networks.entries()) {
		const where = places.network(index);
		if (network.type === 'loopback') {
			checkLoopback(network, where);
			continue;
		}
		const name = network.name ?? `eth${all.length}`;
		checkInterfaceName(name, `${where}/name`);
		if (name === 'lo' || all.some((other) => other.name === name))
			throw invalidOption(`${where}/name`, `${name} is the name of another interface of the container`);
		all.push({ network, name, where });
	}
	return all;
}

function checkLoopback(network: Network, where: string): void {
	const other = Object.keys(network).find((member) => member !== 'type' && member !== 'name');
	if (other) throw invalidOption(`${where}/${other}`, 'has no meaning for the loopback');
	if (network.name !== undefined && network.name !== 'lo') throw invalidOption(`${where}/name`, 'the loopback is lo');
}

function routeCommand({ destination, source, gateway, interfaceName, where }: ReturnType<typeof checkRoute>): Command {
	const words = [
		`route add ${networkText(destination)}`,
		maybe(gateway, (address) => `via ${addressText(address)}`),
		maybe(interfaceName, (name) => `dev ${name}`),
		maybe(source, (address) => `src ${addressText(address)}`),
	];
	return { line: words.filter((word) => word !== undefined).join(' '), where };
}
