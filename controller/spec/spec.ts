/** The types of ../../schema/spec.schema.json, which is the authority: OCI runtime-spec 1.3 and one extension. */

export type NamespaceType = 'cgroup' | 'ipc' | 'mount' | 'pid' | 'uts';
export type Propagation = 'private' | 'slave' | 'shared' | 'unbindable';

export interface Mount {
	destination: string;
	type: 'proc';
	source?: string;
	options?: ('ro' | 'nosuid' | 'nodev' | 'noexec')[];
}

export interface Resources {
	pids?: { limit?: number };
	memory?: { limit?: number; swap?: number };
	cpu?: { quota?: number; period?: number };
	unified?: Record<string, string>;
}

export interface Spec {
	ociVersion: string;
	process: { args: string[]; env?: string[]; cwd: string };
	mounts?: Mount[];
	linux: { namespaces: { type: NamespaceType }[]; rootfsPropagation?: Propagation; resources?: Resources };
	procready?: { timeout?: number };
}
