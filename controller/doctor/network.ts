/** What of a network the kernel has, tried in a new network namespace that ends with the attempt. */
import { environment } from '../network/programs.js';
import { patience } from './try-init.js';

/** A line of output for each that works; the order matters, because the later ones need the first. */
const script = `
ip link add one type veth peer name two && echo veth
ip link add three type bridge && echo bridge
tc qdisc add dev one root tbf rate 1mbit burst 15000 latency 50ms && echo tbf
tc qdisc replace dev one root netem delay 1ms && echo netem
nft 'add table inet t; add chain inet t c { type nat hook postrouting priority 100; }; add rule inet t c masquerade' && echo masquerade
true
`;

/** `undefined` where there is no such namespace, or no right to one. */
export async function tryNetwork(): Promise<string[] | undefined> {
	const { execa } = await import('execa'); // costs a start that does not need it
	const options = { reject: false, extendEnv: false, env: environment(), timeout: patience } as const;
	const { failed, stdout } = await execa('unshare', ['--net', 'sh', '-c', script], options);
	return failed ? undefined : stdout.split('\n').filter(Boolean);
}
