/** The limits of a link, put into force by tc(8) at both ends of it: what is sent is what can be shaped. */
import { ProcreadyError } from '../errors.js';
import type { Interface } from '../model/container-facts.js';
import type { Link } from '../model/link.js';
import { shapingOf } from '../plan/network/link.js';
import { inNamespace, sentenceOf } from './ip.js';

/** Of all interfaces of a container, whose network is that of the process. Throws `limit-refused`, `not-permitted`. */
export async function shape(interfaces: readonly Interface[], pid: number, link: Link, held: Link = {}): Promise<void> {
	const lines = (end: 'host' | 'name') =>
		interfaces.flatMap((one) => shapingOf(one[end], link, held, one.mtu)).map((line) => `${line}\n`);
	await Promise.all([tc(lines('host')), tc(lines('name'), pid)]);
}

/** The same where it is not known how far that has come: what cannot be done is left out. */
export async function reshape(interfaces: readonly Interface[], pid: number, link: Link): Promise<void> {
	const lines = (end: 'host' | 'name') =>
		interfaces.flatMap((one) => [`qdisc del dev ${one[end]} root`, ...shapingOf(one[end], link, {}, one.mtu)]);
	const forced = (end: 'host' | 'name', of?: number) =>
		inNamespace(['tc', '-force', '-batch', '-'], of, lines(end).join('\n'));
	await Promise.all([forced('host'), forced('name', pid)]);
}

async function tc(lines: string[], pid?: number): Promise<void> {
	if (lines.length === 0) return;
	const { failed, stderr } = await inNamespace(['tc', '-batch', '-'], pid, lines.join(''));
	if (!failed) return;
	const line = lines[Number(/^Command failed -:(\d+)$/m.exec(stderr)?.[1] ?? 1) - 1] ?? '';
	const said = sentenceOf(stderr);
	const permitted = /Operation not permitted/.test(said);
	throw new ProcreadyError(permitted ? 'not-permitted' : 'limit-refused', `link: ${translated(line.trim(), said)}`, {
		where: '/limits/link',
	});
}

function translated(line: string, said: string): string {
	if (/Operation not permitted/.test(said)) return 'to shape it takes CAP_NET_ADMIN: run as root';
	const kind = / netem /.test(line) ? 'netem' : 'tbf';
	if (/kind is unknown|No such file/.test(said))
		return `this kernel has no ${kind}, which ${kind === 'netem' ? 'delays and loses' : 'limits the rate'}: modprobe sch_${kind} (CONFIG_NET_SCH_${kind.toUpperCase()})`;
	return `tc ${line}: ${said}`;
}
