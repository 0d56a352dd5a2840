/** Programs of the host that configure its network. */
import { ProcreadyError } from '../errors.js';

/** Debian packages. */
const packages: Record<string, string> = { ip: 'iproute2', tc: 'iproute2', nft: 'nftables', nsenter: 'util-linux' };

/** Also where the PATH of people without root does not lead; messages in English, because they are read. */
export function environment() {
	return { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' };
}

/** Resolves also where it fails. Throws `program-missing`. */
export async function runProgram([program, ...args]: readonly [string, ...string[]], input = '') {
	const { execa } = await import('execa'); // costs a start that does not need it
	const { failed, code, stdout, stderr, message } = await execa(program, args, {
		reject: false,
		input,
		env: environment(),
		extendEnv: false,
	});
	if (code === 'ENOENT' || code === 'EACCES') throw missing(program);
	const unfound = /failed to execute (\w+): /.exec(stderr)?.[1];
	if (unfound !== undefined) throw missing(unfound);
	return { failed, stdout, stderr: failed && stderr === '' ? (message ?? '') : stderr };
}

function missing(program: string): ProcreadyError {
	const of = packages[program];
	return new ProcreadyError(
		'program-missing',
		`the network of a container needs ${program}, which is not there: apt-get install ${of}`,
		{ errno: 'ENOENT' },
	);
}
