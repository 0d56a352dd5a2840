/**
 * A network that several services have to themselves: each is in a network namespace of its own, with a link to a bridge in
 * one more, where the clients are. Nothing of it is on the host. A process that waits for its stdin to end holds each of
 * these namespaces, and ends with whoever made it: then the kernel removes them.
 */
import { Container } from '../../container/container.js';
import { allInTurn } from '../../model/in-turn.js';
import { ipBatch } from '../../network/ip.js';
import type { ClientNetwork, Surroundings } from './surroundings.js';

export interface SharedNetwork extends AsyncDisposable {
	/** The options by which the service of this name is in it. */
	of(name: string): ClientNetwork & { surroundings: Surroundings };
}

/** Of the bridge; the first service has the next one. Nobody outside can see which these are. */
const prefix = '10.77.0.';

/** `names` are those of the services, at most 250, by which all in the network know each other. Rejects as `launch` does. */
export async function openNetwork(names: readonly string[], signal: AbortSignal | undefined): Promise<SharedNetwork> {
	const held: Container[] = [];
	const release = () => allInTurn(...held.map((one) => () => one[Symbol.asyncDispose]()));
	try {
		for (const _ of ['bridge', ...names]) held.push(await holder(signal));
		const [bridge, ...others] = held.map(({ pid }) => pid);
		await ipBatch(lines(bridgeLines(others)), bridge);
		for (const [index, pid] of others.entries()) await ipBatch(lines(serviceLines(index)), pid);
		const hosts = Object.fromEntries(names.map((name, index) => [name, addressOf(index)]));
		const at = (pid: number | undefined): ClientNetwork => ({ hosts, namespaces: { network: `pid:${pid as number}` } });
		return {
			of(name) {
				const index = names.indexOf(name);
				return { ...at(others[index]), surroundings: { address: addressOf(index), clients: at(bridge) } };
			},
			[Symbol.asyncDispose]: release,
		};
	} catch (error) {
		await release().catch(() => {});
		throw error;
	}
}

async function holder(signal: AbortSignal | undefined): Promise<Container> {
	const streams = { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore' } as const;
	return Container.launch(['cat'], { network: 'none', ...streams, ...(signal && { signal }) });
}

function addressOf(index: number): string {
	return `${prefix}${index + 2}`;
}

function bridgeLines(others: readonly number[]): string[] {
	return [
		'link add bridge type bridge',
		`address add ${prefix}1/24 dev bridge`,
		'link set dev bridge up',
		...others.flatMap((pid, index) => [
			`link add port${index} type veth peer name eth0 netns ${pid}`,
			`link set dev port${index} master bridge up`,
		]),
	];
}

function serviceLines(index: number): string[] {
	return [`address add ${addressOf(index)}/24 dev eth0`, 'link set dev eth0 up'];
}

function lines(texts: readonly string[]) {
	return texts.map((line) => ({ line, where: '/services' }));
}
