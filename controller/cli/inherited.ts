/** What start.sh has found before Node began: the signals that the caller ignores, and its whole environment. */
import { ignoreSignals } from '../host/node/self.js';

/** Takes it out of the environment, which is the caller's from then on, and so what programs are started with. */
export function takeOver(): void {
	const { PROCREADY_IGNORED: ignored = '', PROCREADY_ENVIRONMENT: environment } = process.env;
	delete process.env.PROCREADY_IGNORED;
	delete process.env.PROCREADY_ENVIRONMENT;
	if (environment !== undefined) restore(Buffer.from(environment, 'base64').toString());
	if (/^[0-9a-f]{16}$/.test(ignored)) ignoreSignals(numbersIn(BigInt(`0x${ignored}`)));
}

/** Of variables of one name the first counts, as for getenv(3). */
function restore(environ: string): void {
	const given = new Map<string, string>();
	for (const pair of environ.split('\0')) {
		const equals = pair.indexOf('=');
		if (equals > 0 && !given.has(pair.slice(0, equals))) given.set(pair.slice(0, equals), pair.slice(equals + 1));
	}
	for (const name of Object.keys(process.env)) if (!given.has(name)) delete process.env[name];
	for (const [name, value] of given) if (process.env[name] !== value) process.env[name] = value;
}

/** SigIgn of proc_pid_status(5): bit n is signal n + 1. */
function numbersIn(mask: bigint): number[] {
	return Array.from({ length: 64 }, (_, bit) => bit + 1).filter((number) => (mask >> BigInt(number - 1)) & 1n);
}
