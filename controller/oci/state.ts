/** What a runtime says of a container: OCI runtime.md, "State". */

export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export interface State {
	ociVersion: string;
	id: string;
	status: Status;
	/** In the caller's pid namespace; absent where it is stopped. */
	pid?: number;
	bundle: string;
	annotations?: Record<string, string>;
}
