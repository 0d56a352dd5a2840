/** Profiles become filters: outside the container, once for each content. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ProcreadyError } from '../errors.js';
import { checkProfile, refusal } from '../model/check-seccomp.js';
import type { SeccompFlag, SeccompProfile } from '../model/seccomp-profile.js';
import { type Compiled, cacheDirectory, readCached, writeCached } from './cache.js';
import { type ProfileText, textOf } from './text.js';

export const compilerPath =
	process.env.PROCREADY_SECCOMP ?? fileURLToPath(new URL('../../procready-seccomp', import.meta.url));

/** Instructions that the kernel takes: BPF_MAXINSNS. */
const longest = 4096;

/** Bytes of struct sock_filter. */
const instruction = 8;

export interface CompileOptions {
	/** Gets the names of system calls that libseccomp does not know, if any; their rules are left out. */
	ignored?: (names: string[]) => void;
	/** Directory of the filters that are kept; cacheDirectory() by default. */
	cache?: string;
}

/**
 * For `seccomp` of the init config. Throws `option-invalid` with a JSON pointer that begins with /linux/seccomp, or
 * `seccomp-missing`.
 */
export async function compileSeccomp(
	profile: SeccompProfile,
	{ ignored, cache = cacheDirectory() }: CompileOptions = {},
): Promise<{ filter: string; flags: SeccompFlag[] }> {
	checkProfile(profile);
	const { filter, unknown } = await filterOf(textOf(profile), cache);
	if (unknown.length > 0) ignored?.(unknown);
	return { filter, flags: flagsOf(profile) };
}

/** As in runc, who does not speak of flags wants no slower processor: the mitigation would be for speculation alone. */
function flagsOf({ flags = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'] }: SeccompProfile): SeccompFlag[] {
	return [...new Set(flags)];
}

/** Of this process, by text; the oldest comes first. */
const known = new Map<string, Promise<Compiled>>();
const most = 64;

function filterOf(profile: ProfileText, cache: string): Promise<Compiled> {
	const found = known.get(profile.text);
	if (found) return found;
	const made = fromCache(profile, cache);
	known.set(profile.text, made);
	made.catch(() => known.delete(profile.text));
	for (const text of known.keys()) if (known.size > most) known.delete(text);
	return made;
}

async function fromCache(profile: ProfileText, cache: string): Promise<Compiled> {
	const key = keyOf(profile.text);
	const found = readCached(cache, key);
	if (found) return found;
	const made = await run(profile);
	writeCached(cache, key, made);
	return made;
}

/** The compiler is static, so its bytes are its version, that of libseccomp and the machine's architecture. */
function keyOf(text: string): string {
	compilerHash ??= createHash('sha256').update(readCompiler()).digest();
	return createHash('sha256').update(compilerHash).update(text).digest('hex');
}

let compilerHash: Buffer | undefined;

function readCompiler(): Buffer {
	try {
		return readFileSync(compilerPath);
	} catch (cause) {
		throw missing(cause);
	}
}

function missing(cause: unknown): ProcreadyError {
	const { code } = cause as { code: string };
	return new ProcreadyError('seccomp-missing', `cannot start ${compilerPath}: ${code}; build it with make`, {
		errno: code,
		cause,
	});
}

async function run({ text, pointers }: ProfileText): Promise<Compiled> {
	const { execa } = await import('execa'); // only here: most launches find their filter, or want none
	const result = await execa(compilerPath, [], { input: text, encoding: 'buffer', reject: false, extendEnv: false });
	const said = Buffer.from(result.stderr).toString().split('\n');
	const program = Buffer.from(result.stdout);
	if (result.exitCode === undefined && result.code) throw missing(result);
	const [, line, message] = /^line (\d+): (.*)$/.exec(said.at(-1) ?? '') ?? [];
	const pointer = pointers[Number(line) - 1];
	if (pointer && message) throw refusal(`/linux/seccomp${pointer}`, message);
	if (result.failed || program.length % instruction)
		throw new ProcreadyError('setup-failed', `${compilerPath} failed: ${said.join(' ')}`, { cause: result });
	if (program.length > longest * instruction)
		throw refusal(
			'/linux/seccomp',
			`makes a filter of ${program.length / instruction} instructions; the kernel takes ${longest}`,
		);
	return {
		filter: program.toString('hex'),
		unknown: [...new Set(said.filter((line) => line.startsWith('unknown ')).map((line) => line.slice(8)))],
	};
}
