/** Profiles become filters: outside the container, once for each content. */
import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import { machine } from '../host/machine.js';
import { compilerPath, remedyForMissing } from '../host/release.js';
import { hexadecimal } from '../model/bytes.js';
import type { SeccompFlag, SeccompProfile } from '../model/seccomp-profile.js';
import { checkProfile, refusal } from '../plan/check-seccomp.js';
import { type Compiled, cacheDirectory, readCached, writeCached } from './cache.js';
import { type ProfileText, profileText } from './text.js';

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
	const { filter, unknown } = await filterOf(profileText(profile), cache);
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
	compilerHash ??= machine.sha256(readCompiler());
	return machine.sha256(compilerHash, text);
}

let compilerHash: string | undefined;

function readCompiler(): Uint8Array {
	try {
		return machine.readBytes(compilerPath());
	} catch (cause) {
		throw missing(errnoOf(cause), cause);
	}
}

function missing(errno: string | undefined, cause: unknown): ProcreadyError {
	return new ProcreadyError(
		'seccomp-missing',
		`cannot start ${compilerPath()}: ${errnoText(errno)}; ${remedyForMissing()}`,
		{
			...(errno === undefined ? {} : { errno }),
			cause,
		},
	);
}

async function run({ text, pointers }: ProfileText): Promise<Compiled> {
	const {
		failed,
		errno,
		stdout: program,
		stderr,
		message: how,
	} = await machine.run(compilerPath(), [], {
		input: text,
		env: {},
	});
	if (errno !== undefined) throw missing(errno, new Error(how));
	const said = stderr.split('\n');
	const [, line, message] = /^line (\d+): (.*)$/.exec(said.at(-1) ?? '') ?? [];
	const pointer = pointers[Number(line) - 1];
	if (pointer && message) throw refusal(`/linux/seccomp${pointer}`, message);
	if (failed || program.length % instruction)
		throw new ProcreadyError('setup-failed', `${compilerPath()} failed: ${said.join(' ')}`, { cause: new Error(how) });
	if (program.length > longest * instruction)
		throw refusal(
			'/linux/seccomp',
			`makes a filter of ${program.length / instruction} instructions; the kernel takes ${longest}`,
		);
	return {
		filter: hexadecimal(program),
		unknown: [...new Set(said.filter((line) => line.startsWith('unknown ')).map((line) => line.slice(8)))],
	};
}
