/** The launch's part: while the init waits, its network namespace gets its interfaces from outside. */
import { ProcreadyError } from '../errors.js';
import { addressAt, isSame, parseAddress, parseSubnet, type Subnet, textOf } from './address.js';
import { freeSubnet, ownAddresses } from './free.js';
import { ipBatch, RefusedLine } from './ip.js';
import type { Command, NetworkPlan, PlannedInterface } from './plan.js';

/** An interface of a container that runs. */
export interface Interface {
	/** Inside. */
	name: string;
	/** The other end. */
	host: string;
	/** Without prefixes. */
	addresses: string[];
}

export interface Configured {
	interfaces: Interface[];
	/** Removes what is the host's. Where the controller is killed, the kernel does it with the namespace. */
	release(): Promise<void>;
}

/** Throws `network-refused`, `not-permitted`, `program-missing`; then nothing is left. */
export async function configureNetwork({ interfaces, routes }: NetworkPlan, pid: number): Promise<Configured> {
	const made: Interface[] = [];
	const release = () => removeInterfaces(made);
	try {
		const inside: Command[] = [];
		for (const planned of interfaces) {
			const { fill, addresses } = await make(planned, pid);
			made.push({ name: planned.name, host: planned.host, addresses });
			inside.push(...planned.inside.map(fill));
		}
		await ipBatch([...inside, ...routes], pid);
		return { interfaces: made, release };
	} catch (error) {
		await release();
		throw error;
	}
}

type Fill = (command: Command) => Command;

interface Made {
	/** Puts what was found in the place of the words that stand for it. */
	fill: Fill;
	addresses: string[];
}

const attempts = 100;

/** Where an address that was free is another container's by now, with the next one. */
async function make(planned: PlannedInterface, pid: number): Promise<Made> {
	checkFree(planned);
	for (let tries = 1; ; tries++) {
		const found = planned.pool === undefined ? undefined : findAddress(parseSubnet(planned.pool) as Subnet, planned);
		const words: Record<string, string> = { $PID: String(pid), ...found?.words };
		const fill: Fill = ({ line, where }) => ({ where, line: line.replace(/\$[A-Z]+/g, (word) => words[word] ?? word) });
		try {
			await onHost(planned, fill);
			return { fill, addresses: found ? [found.address] : planned.addresses };
		} catch (error) {
			const wasTaken = error instanceof RefusedLine && isClaim(planned.onHost[error.index]);
			if (!(wasTaken && found) || tries === attempts) throw error;
		} finally {
			found?.release();
		}
	}
}

async function onHost({ host, onHost }: PlannedInterface, fill: Fill): Promise<void> {
	try {
		await ipBatch(onHost.map(fill));
	} catch (error) {
		if (error instanceof RefusedLine && error.index > 0) await removeInterfaces([{ host }]);
		throw error;
	}
}

const isClaim = (command: Command | undefined) => command?.line.startsWith('link property ');

function findAddress(pool: Subnet, { where }: PlannedInterface) {
	const free = freeSubnet(pool, 30);
	if (!free)
		throw new ProcreadyError(
			'network-refused',
			`all of ${textOf(pool)}/${pool.prefix} is in use on this host: say which address`,
			{
				where: `${where}/address`,
			},
		);
	const [gateway, address] = [addressAt(free.subnet, 1), addressAt(free.subnet, 2)].map(textOf) as [string, string];
	return { address, words: { $ADDRESS: address, $GATEWAY: gateway, $PREFIX: '30' }, release: free.release };
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

/** The kernel may just be removing them, because the namespace is gone. */
async function removeInterfaces(made: readonly Pick<Interface, 'host'>[]): Promise<void> {
	for (const { host } of made)
		try {
			await ipBatch([{ line: `link del ${host}`, where: '' }]);
		} catch (error) {
			if (!(error instanceof RefusedLine && /Cannot find device/.test(error.said))) throw error;
		}
}
