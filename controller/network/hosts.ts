/** /etc/hosts of a container, hosts(5): a file that only it sees. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InitMount } from '../spec/init-config.js';
import type { Mount, Spec } from '../spec/spec.js';
import { invalidOption } from '../spec/units.js';
import { escapeToken } from '../spec/validate.js';
import { listRunning, runDirectory } from '../state.js';
import { parseAddress } from './address.js';

export interface HostsPlan {
	/** Addresses by names. */
	entries: Record<string, string>;
	/** The containers that are there have names as well. */
	bridges: string[];
	/** The host's file is the beginning of it. */
	fromHost: boolean;
	/** For the loopback. */
	hostname?: string;
}

/** Throws `option-invalid`. */
export function checkHosts(hosts: Record<string, string> = {}, where: string): void {
	for (const [name, address] of Object.entries(hosts)) {
		const at = `${where}/${escapeToken(name)}`;
		if (!/^[\w.-]+$/.test(name)) throw invalidOption(at, `${JSON.stringify(name)} is no name of a host`);
		if (!parseAddress(address)) throw invalidOption(at, `${JSON.stringify(address)} is no IP address`);
	}
}

/** `undefined` where it stays as it is: nobody asks for entries, or the specification mounts a file there itself. */
export function hostsPlanOf({ procready = {}, root, hostname, mounts = [], linux }: Spec): HostsPlan | undefined {
	const { hosts = {}, networks = [] } = procready;
	checkHosts(hosts, '/procready/hosts');
	const bridges = [...new Set(networks.flatMap(({ bridge }) => bridge ?? []))];
	const isNew = linux.namespaces?.some(({ type, path }) => type === 'mount' && path === undefined);
	const isTheirs = mounts.some(({ destination }: Mount) => destination === '/etc/hosts' || destination === '/etc');
	if (!isNew || isTheirs || (Object.keys(hosts).length === 0 && bridges.length === 0)) return undefined;
	return { entries: hosts, bridges, fromHost: root === undefined, ...(hostname ? { hostname } : {}) };
}

/** To be disposed when the init has mounted it: from then on no path leads to it. */
export function showHosts(plan: HostsPlan, id: string): { mount: InitMount } & Disposable {
	const source = join(runDirectory(), `${id}.hosts`);
	writeFileSync(source, textOf(plan), { mode: 0o644, flag: 'wx' });
	return {
		mount: { destination: '/etc/hosts', type: 'bind', source, set: ['ro', 'nosuid', 'nodev', 'noexec'] },
		[Symbol.dispose]: () => rmSync(source, { force: true }),
	};
}

function textOf({ entries, bridges, fromHost, hostname }: HostsPlan): string {
	const names = { ...(bridges.length > 0 ? namesAt(bridges) : {}), ...entries };
	const lines = Object.entries(names).map(([name, address]) => `${address}\t${name}\n`);
	return (fromHost ? hostFile() : loopback(hostname)) + lines.join('');
}

function hostFile(): string {
	try {
		return readFileSync('/etc/hosts', 'utf8').replace(/(?<=.)$(?!\n)/, '\n');
	} catch {
		return loopback(undefined);
	}
}

function loopback(hostname: string | undefined): string {
	const own = hostname === undefined ? '' : `127.0.1.1\t${hostname}\n`;
	return `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${own}`;
}

/** Those that run. */
function namesAt(bridges: string[]): Record<string, string> {
	const found = listRunning().flatMap(({ name, target }) => {
		const one = target.interfaces.find(({ bridge }) => bridge !== undefined && bridges.includes(bridge));
		return one?.addresses[0] === undefined ? [] : [[name, one.addresses[0]] as const];
	});
	return Object.fromEntries(found);
}
