/** Parts of a process that have members of their own, in the words of OCI runtime-spec 1.3, config.md. */

export type CapabilitySet = 'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient';
export type Capabilities = Partial<Record<CapabilitySet, string[]>>;

export interface Scheduler {
	policy: string;
	nice?: number;
	priority?: number;
	flags?: string[];
	/** Nanoseconds, as the next two. */
	runtime?: number;
	deadline?: number;
	period?: number;
}

export interface IoPriority {
	class: string;
	/** 0, the highest, to 7. */
	priority?: number;
}

/** Rows and columns. */
export interface ConsoleSize {
	height: number;
	width: number;
}
