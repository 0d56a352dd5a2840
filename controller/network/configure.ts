/** The launch's part: while the init waits, its network namespace gets its interfaces from outside. */

import { ProcreadyError } from '../errors.js';
import { withLock } from '../host/lock.js';
import { runDirectory } from '../host/run-directory.js';
import { addressAt, addressText, isSame, parseAddress, parseSubnet, type Subnet } from '../model/address.js';
import type { Interface } from '../model/container-facts.js';
import { defined } from '../model/defined.js';
import { allInTurn } from '../model/in-turn.js';
import type { Command, NetworkPlan, PlannedBridge, PlannedInterface } from '../model/network-plan.js';
import { masqueradeGroup } from '../model/network-plan.js';
import { addressAtBridge, prepareBridge } from './bridge.js';
import { moveDevices } from './devices.js';
import { freeSubnet, ownAddresses } from './free.js';
import { ipBatch, RefusedLine } from './ip.js';
import { keep } from './keeper.js';
import { masquerade } from './masquerade.js';
import { shape } from './shape.js';

export interface Configured {
	interfaces: Interface[];
	/** The program runs: devices of the host are the container's now. */
	started(): void;
	/** Removes what is the host's; before the program runs devices are given back to it. Where the controller is killed, the kernel and the keeper do it. */
	release(): Promise<void>;
}

/** Throws `network-refused`, `not-permitted`, `program-missing`; then nothing is left. */
export async function configureNetwork(
	{ interfaces, devices, routes, link }: NetworkPlan,
	pid: number,
): Promise<Configured> {
	const releases: (() => Promise<void>)[] = [];
	const release = () => allInTurn(...releases.splice(0));
	try {
		const made: Interface[] = [];
		const inside: Command[] = [];
		for (const planned of interfaces) {
			checkFree(planned);
			releases.push(await releaseOf(planned));
			const { addresses, lines } = await make(planned, pid);
			const { name, host, bridge, mtu } = planned;
			made.push(defined({ name, host, bridge: bridge?.name, addresses, mtu }));
			inside.push(...lines);
		}
		const moved = devices && (await moveDevices(devices, pid));
		if (moved) releases.push(moved.giveBack);
		await ipBatch([...inside, ...routes], pid);
		if (link) await shape(made, pid, link);
		return { interfaces: made, started: () => moved?.keep(), release };
	} catch (error) {
		await release().catch(() => {});
		throw error;
	}
}

/** The host itself could not reach a container that has one of its own addresses. */
function checkFree({ addresses, where }: PlannedInterface): void {
	for (const text of addresses) {
		const address = parseAddress(text);
		if (address && ownAddresses().some((own) => isSame(own, address)))
			throw new ProcreadyError('network-refused', `the address ${text} is one of this host`, {
				where: `${where}/${address.family === 4 ? 'address' : 'ipv6Address'}`,
			});
	}
}

/** What is more than the interface has a keeper; without it the kernel may just be removing it with the namespace. */
async function releaseOf({ mark, bridge, masquerade }: PlannedInterface): Promise<() => Promise<void>> {
	if (!bridge && !masquerade) return () => remove(mark);
	return keep({ lock: runDirectory(), mark, bridge: bridge?.name, group: masquerade ? masqueradeGroup : undefined });
}

/** It may go with the namespace before ip(8) looks for it, or right after. */
async function remove(mark: string): Promise<void> {
	try {
		await ipBatch([{ line: `link del dev ${mark}`, where: '' }]);
	} catch (error) {
		if (!(error instanceof RefusedLine && /Cannot find device|No such device/.test(error.said))) throw error;
	}
}

/** What the placeholders in planned lines stand for, such as `$ADDRESS`, once it is chosen. */
interface ChosenWords {
	words: Record<string, string>;
	address?: string;
	/** Extra lines, for inside. */
	inside?: Command[];
	/** To be called when the address is taken, or not needed. */
	release?: () => void;
}

interface Made {
	addresses: string[];
	lines: Command[];
}

async function make(planned: PlannedInterface, pid: number): Promise<Made> {
	const { bridge, pool, where } = planned;
	if (!bridge && !planned.masquerade)
		return makeWith(planned, pid, async () => (pool ? freeLink(pool, where) : { words: {} }));
	return withLock(runDirectory(), async () => {
		if (planned.masquerade) await masquerade(where);
		return makeWith(planned, pid, async () => {
			if (bridge) return atBridge(bridge, planned);
			return pool ? freeLink(pool, where) : { words: {} };
		});
	});
}

const attempts = 100;

/** Where an address that was free is another container's by now, with the next one. */
async function makeWith(planned: PlannedInterface, pid: number, find: () => Promise<ChosenWords>): Promise<Made> {
	for (let tries = 1; ; tries++) {
		const { address, words, inside = [], release } = await find();
		const all: Record<string, string> = { $PID: String(pid), ...words };
		const fill = ({ line, where }: Command) => ({
			where,
			line: line.replace(/\$[A-Z]+6?/g, (word) => all[word] ?? word),
		});
		try {
			await ipBatch(planned.onHost.map(fill));
			return {
				addresses: address === undefined ? planned.addresses : [address],
				lines: [...planned.inside, ...inside].map(fill),
			};
		} catch (error) {
			const wasTaken = error instanceof RefusedLine && isClaim(planned.onHost[error.index]);
			if (!wasTaken || address === undefined || tries === attempts) throw error;
			await remove(planned.mark);
		} finally {
			release?.();
		}
	}
}

const isClaim = (command: Command | undefined) => command?.line.includes(' altname procready-');

function freeLink(pool: string, where: string): ChosenWords {
	const free = freeSubnet(parseSubnet(pool) as Subnet, 30);
	if (!free)
		throw new ProcreadyError('network-refused', `all of ${pool} is in use on this host: say which address`, {
			where: `${where}/address`,
		});
	const [gateway = '', address = ''] = [addressAt(free.subnet, 1), addressAt(free.subnet, 2)].map(addressText);
	return { address, words: { $ADDRESS: address, $GATEWAY: gateway, $PREFIX: '30' }, release: free.release };
}

async function atBridge(bridge: PlannedBridge, { pool, masquerade, where }: PlannedInterface): Promise<ChosenWords> {
	const { isOwn, words, subnet } = await prepareBridge(bridge);
	if (masquerade) await putInGroup(bridge.name, isOwn, where);
	const inside = isOwn ? bridge.inside : [];
	if (pool === undefined) return { words, inside };
	if (!subnet)
		throw new ProcreadyError(
			'network-refused',
			`${bridge.name} is not procready's own: who has which address there is not known, so it must be given`,
			{ where: `${where}/address` },
		);
	const address = await addressAtBridge(bridge.name, subnet, where);
	return { address, inside, words: { ...words, $ADDRESS: address, $PREFIX: String(subnet.prefix) } };
}

/** Of packets that pass through it the kernel sees the bridge, not its ports: it holds for all of them. */
async function putInGroup(name: string, isOwn: boolean, where: string): Promise<void> {
	if (!isOwn)
		throw new ProcreadyError('network-refused', `${name} is not procready's own: whoever made it masquerades there`, {
			where: `${where}/masquerade`,
		});
	await ipBatch([{ line: `link set dev ${name} group ${masqueradeGroup}`, where: `${where}/masquerade` }]);
}
