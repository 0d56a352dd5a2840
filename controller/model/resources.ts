/** The types of linux.resources in ../../schema/resources.schema.json, which is the authority. runtime-spec 1.3 config-linux.md, from "Memory" to "Unified". */

/** As in schema/resources.schema.json, which is the authority. */
export interface Resources {
	devices?: DeviceRule[];
	memory?: MemoryResources;
	cpu?: CpuResources;
	pids?: { limit?: number };
	blockIO?: BlockIoResources;
	hugepageLimits?: { pageSize: string; limit: number }[];
	network?: { classID?: number; priorities?: { name: string; priority: number }[] };
	rdma?: Record<string, { hcaHandles?: number; hcaObjects?: number }>;
	unified?: Record<string, string>;
}

/** Rules apply one after the other, the last that fits decides; absent numbers are any. */
export interface DeviceRule {
	allow: boolean;
	/** `a`: all. */
	type?: 'a' | 'b' | 'c';
	major?: number;
	minor?: number;
	/** Of r (read), w (write), m (mknod). Default: all three. */
	access?: string;
}

export interface MemoryResources {
	/** Bytes, as all that follow; -1 is no limit. */
	limit?: number;
	reservation?: number;
	/** Memory and swap together. */
	swap?: number;
	kernel?: number;
	kernelTCP?: number;
	/** 0 to 100. */
	swappiness?: number;
	disableOOMKiller?: boolean;
	useHierarchy?: boolean;
	checkBeforeUpdate?: boolean;
}

export interface CpuResources {
	/** 2 to 262144; 1024 is that of everybody else. */
	shares?: number;
	/** Microseconds, as the next four; -1 is no limit. */
	quota?: number;
	burst?: number;
	period?: number;
	realtimeRuntime?: number;
	realtimePeriod?: number;
	cpus?: string;
	mems?: string;
	idle?: 0 | 1;
}

export interface DeviceRate {
	major: number;
	minor: number;
	rate: number;
}

export interface BlockIoResources {
	/** 10 to 1000. */
	weight?: number;
	weightDevice?: { major: number; minor: number; weight?: number }[];
	throttleReadBpsDevice?: DeviceRate[];
	throttleWriteBpsDevice?: DeviceRate[];
	throttleReadIOPSDevice?: DeviceRate[];
	throttleWriteIOPSDevice?: DeviceRate[];
}
