/** A seccomp profile as the shim takes it. Few want one, so only they load what compiles it. */
import type { SeccompProfile } from './seccomp/profile.js';
import type { InitConfig } from './spec/init-config.js';

export interface Filter {
	seccomp: NonNullable<InitConfig['seccomp']>;
	/** What of the profile has no effect, a sentence each. */
	notes: string[];
}

/** Throws `option-invalid`, and `seccomp-missing` where the compiler is. */
export async function filterOf(profile: SeccompProfile): Promise<Filter> {
	const { compileSeccomp } = await import('./seccomp/compile.js');
	const notes: string[] = [];
	const ignored = (names: string[]) =>
		notes.push(`seccomp: unknown system calls, whose rules are left out: ${names.join(', ')}`);
	return { seccomp: await compileSeccomp(profile, { ignored }), notes };
}
