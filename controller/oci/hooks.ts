/** The hooks of a config. */

/** OCI config.md, "POSIX-platform Hooks". */
export interface Hook {
	path: string;
	args?: string[];
	env?: string[];
	/** Seconds. */
	timeout?: number;
}

/** In the order in which they come. */
export const hookNames = [
	'prestart',
	'createRuntime',
	'createContainer',
	'startContainer',
	'poststart',
	'poststop',
] as const;

export type HookName = (typeof hookNames)[number];

export type Hooks = Partial<Record<HookName, Hook[]>>;
