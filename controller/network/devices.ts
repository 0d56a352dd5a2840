/**
 * Interfaces of the host that are moved into the network of a container: OCI config-linux.md, "Network Devices". From then
 * on they are the namespace's: when it ends the kernel gives hardware back to the host, and removes what is virtual.
 */

import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import type { PlannedDevice } from '../model/network-plan.js';
import { nodad } from '../plan/network/interface.js';
import { ipBatch, ipJson } from './ip.js';

interface Shown {
	ifname: string;
	flags: string[];
	addr_info: {
		family: string;
		local: string;
		prefixlen: number;
		scope: string;
		broadcast?: string;
		address?: string;
	}[];
}

/** One that has been moved. */
interface Moved extends PlannedDevice {
	/** As it was on the host. */
	shown: Shown;
}

export interface Devices {
	/** To the host, as they were. Until it is called, or `keep`, the namespace lives on. */
	giveBack(): Promise<void>;
	/** They are the container's. */
	keep(): void;
}

/** Into the network of a process. They keep their addresses, and are up. Throws `network-refused`; then none is moved. */
export async function moveDevices(devices: readonly PlannedDevice[], pid: number): Promise<Devices> {
	const namespace = machine.open(`/proc/${pid}/ns/net`, 'read'); // what is virtual would end with it
	const held = `/proc/${machine.self().pid}/fd/${namespace}`;
	const moved: Moved[] = [];
	let isOpen = true;
	const keep = () => {
		if (isOpen) machine.close(namespace);
		isOpen = false;
	};
	const giveBack = async () => {
		if (isOpen) for (const device of moved) await moveBack(device, held);
		keep();
	};
	try {
		for (const device of devices) await move(device, pid, (one) => moved.push(one));
		return { giveBack, keep };
	} catch (error) {
		await giveBack();
		throw error;
	}
}

async function move(device: PlannedDevice, pid: number, done: (moved: Moved) => void): Promise<void> {
	const { host, name, where } = device;
	const shown = (await links()).find(({ ifname }) => ifname === host);
	if (!shown) throw new ProcreadyError('network-refused', `${host}: this host has no such interface`, { where });
	const before = new Set((await links(pid)).map(({ ifname }) => ifname));
	if (before.has(name))
		throw new ProcreadyError('network-refused', `${name}: the container has an interface of this name already`, {
			where: `${where}/name`,
		});
	await ipBatch([{ line: `link set dev ${host} netns ${pid} name ${name}`, where }]);
	const after = (await links(pid)).map(({ ifname }) => ifname);
	const given = after.find((one) => !before.has(one)) ?? name;
	done({ host, name: given, where, shown });
	await ipBatch(lines(given, shown, true, where), pid);
}

async function moveBack({ host, name, where, shown }: Moved, namespace: string): Promise<void> {
	const line = `link set dev ${name} netns ${machine.self().pid} name ${host}`;
	await ipBatch([{ line, where }], namespace);
	await ipBatch(lines(host, shown, shown.flags.includes('UP'), where));
}

const links = (pid?: number) => ipJson<Shown[]>(['address', 'show'], pid);

/** The kernel keeps MTU and MAC address, and takes the addresses away; link-local ones of IPv6 it makes by itself. */
function lines(name: string, { addr_info }: Shown, up: boolean, where: string): { line: string; where: string }[] {
	const addresses = addr_info.filter(({ family, scope }) => family === 'inet' || scope !== 'link');
	return [
		...addresses.map(({ local, prefixlen, scope, broadcast, address }) => {
			const peer = address === undefined ? '' : ` peer ${address}`;
			const own = peer === '' ? `${local}/${prefixlen}` : `${local}${peer}/${prefixlen}`;
			const to = broadcast === undefined ? '' : ` broadcast ${broadcast}`;
			return `address add ${own}${to} scope ${scope} dev ${name}${nodad(local)}`;
		}),
		...(up ? [`link set dev ${name} up`] : []),
	].map((line) => ({ line, where }));
}
