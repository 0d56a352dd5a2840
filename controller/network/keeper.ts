/**
 * What an interface leaves on the host that does not go with its namespace: a bridge of procready's own, and the rules that
 * masquerade. A process undoes it when the controller lets go of it or is gone, killed or not: it waits for the end of a
 * pipe. Whatever is of somebody else, or is still needed, stays; a lock keeps those apart who make and who remove.
 */
import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import type { Child } from '../host/interface.js';
import { machine } from '../host/machine.js';
import { environment } from './programs.js';

/** $1 is the file to be locked, $2 the host's end, $3 the bridge or nothing, $4 the group of those that masquerade. */
const undo = `
exec 9<"$1" && flock 9 || exit
ip link del dev "$2"
if [ -n "$3" ] && ip -o link show dev "$3" | grep -q ' alias procready$' && [ -z "$(ip -o link show master "$3")" ]; then
	ip link del dev "$3"
fi
if [ -n "$4" ] && nft list table inet procready >/dev/null && [ -z "$(ip -o link show group "$4")" ]; then
	if nft list chain inet procready closed >/dev/null; then echo 0 >/proc/sys/net/ipv4/ip_forward; fi
	nft delete table inet procready
fi
`;

export interface Kept {
	lock: string;
	/** A name of the host's end that nobody else has. */
	mark: string;
	bridge: string | undefined;
	group: number | undefined;
}

/** To be started before there is anything to undo. The result undoes it, and resolves when that is done. */
export async function keep({ lock, mark, bridge = '', group }: Kept): Promise<() => Promise<void>> {
	const args = [lock, mark, bridge, group === undefined ? '' : String(group)];
	const keeper = await start(`read -r _; ${undo}`, args);
	return async () => {
		keeper.pipes[0]?.destroy();
		const { signal } = await keeper.ended;
		if (signal !== undefined) await (await start(undo, args)).ended; // somebody has killed it
	};
}

/** In a session of its own, so that what ends the controller is not for it. */
async function start(script: string, args: string[]): Promise<Child> {
	const child = machine.spawn('sh', ['-c', script, 'sh', ...args], ['pipe', 'ignore', 'ignore'], environment());
	child.pipes[0]?.on('error', () => {});
	if (child.pid !== undefined) return child;
	const { failure } = await child.ended;
	const errno = errnoOf(failure);
	throw new ProcreadyError(
		'setup-failed',
		`cannot start sh, which removes the interface ${args[1]} again: ${errnoText(errno)}`,
		{
			cause: failure,
			...(errno && { errno }),
		},
	);
}
