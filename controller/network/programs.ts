/** Programs of the host that configure its network. */
import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';

/** Debian packages. */
const packages: Record<string, string> = { ip: 'iproute2', tc: 'iproute2', nft: 'nftables', nsenter: 'util-linux' };

/** Also where the PATH of people without root does not lead; messages in English, because they are read. */
export function environment() {
	return { PATH: `${machine.self().environment.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' };
}

/** Resolves also where it fails. Throws `program-missing`. */
export async function runProgram([program, ...args]: readonly [string, ...string[]], input = '') {
	const { failed, errno, stdout, stderr, message } = await machine.run(program, args, { input, env: environment() });
	if (errno === 'ENOENT' || errno === 'EACCES') throw missing(program);
	const unfound = /failed to execute (\w+): /.exec(stderr)?.[1];
	if (unfound !== undefined) throw missing(unfound);
	return { failed, stdout: machine.decodeUtf8([stdout]).trimEnd(), stderr: failed && stderr === '' ? message : stderr };
}

function missing(program: string): ProcreadyError {
	const of = packages[program];
	return new ProcreadyError(
		'program-missing',
		`the network of a container needs ${program}, which is not there: apt-get install ${of}`,
		{ errno: 'ENOENT' },
	);
}
