/** What is done to the network of a container, as lines for ip(8). */

import type { Link } from './link.js';

/**
 * One line for `ip -batch`, and the member it comes from. `$PID` is the init; `$ADDRESS`, `$PREFIX` and `$GATEWAY`, for
 * IPv6 `$GATEWAY6`, are what is found at the launch.
 */
export interface Command {
	line: string;
	where: string;
}

export interface NetworkPlan {
	interfaces: PlannedInterface[];
	/** When all interfaces are there. */
	routes: Command[];
	/** Moved there from the host. */
	devices?: PlannedDevice[];
	/** Of each interface. */
	link?: Link;
}

export interface PlannedInterface {
	/** Inside. */
	name: string;
	/** The other end. */
	host: string;
	/** A name of the other end that nobody else has. */
	mark: string;
	bridge?: PlannedBridge;
	/** Where an address is looked for that is free. */
	pool?: string;
	/** Those of the container that are given. */
	addresses: string[];
	masquerade?: true;
	mtu?: number;
	/** The interface is made, and what belongs to the host. */
	onHost: Command[];
	inside: Command[];
	where: string;
}

export interface PlannedBridge {
	name: string;
	/** Addresses that are given, with their prefixes; the gateway is to be that of the bridge. */
	links: { address: string; gateway?: string }[];
	/** The way out, where the bridge is procready's own: of one of others it is not known. */
	inside: Command[];
	where: string;
}

export interface PlannedDevice {
	/** On the host. */
	host: string;
	/** Inside; with `%d` the kernel counts. */
	name: string;
	where: string;
}

/** The number is in no use that we know of; `ip link show group 7077` lists them. */
export const masqueradeGroup = 7077;
