/** A seccomp profile as the shim takes it. Few want one, so only they load what compiles it. */

import type { InitConfig } from '../model/init-config.js';
import type { SeccompAction, SeccompProfile } from '../model/seccomp-profile.js';

export interface Filter {
	seccomp: NonNullable<InitConfig['seccomp']>;
	/** What of the profile has no effect, a sentence each. */
	notes: string[];
}

/** Throws `option-invalid`, and `seccomp-missing` where the compiler is. */
export async function filterOf(profile: SeccompProfile): Promise<Filter> {
	const { compileSeccomp } = await import('../seccomp/compile.js');
	const notes: string[] = [];
	const ignored = (names: string[]) => {
		if (permits(profile.defaultAction))
			notes.push(
				`seccomp: libseccomp does not know these system calls, so they are not forbidden: ${names.join(', ')}`,
			);
	};
	return { seccomp: await compileSeccomp(profile, { ignored }), notes };
}

/** Where the default refuses, unknown calls are refused as well, and the profiles of engines name many: no word on that. */
const permits = (action: SeccompAction) => action === 'SCMP_ACT_ALLOW' || action === 'SCMP_ACT_LOG';
