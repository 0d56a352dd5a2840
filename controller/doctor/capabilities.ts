/** The capabilities that procready uses, and what for. capabilities(7). */

export const uses = [
	{ name: 'CAP_CHOWN', affects: ['a terminal or stdio for --user'] },
	{ name: 'CAP_DAC_OVERRIDE', affects: ['cgroups and root file systems of other users'] },
	{ name: 'CAP_KILL', affects: ['signals to programs of other users'] },
	{ name: 'CAP_SETGID', affects: ['--user', '--group'] },
	{ name: 'CAP_SETUID', affects: ['--user'] },
	{ name: 'CAP_SETPCAP', affects: ['--cap-drop'] },
	{ name: 'CAP_NET_ADMIN', affects: ['--net veth', '--net bridge=NAME', '--link'] },
	{ name: 'CAP_SYS_ADMIN', affects: ['namespaces and mounts without a user namespace'] },
	{ name: 'CAP_SYS_NICE', affects: ['a negative --nice', 'real-time --scheduler and --io-priority'] },
	{ name: 'CAP_SYS_RESOURCE', affects: ['raising hard --rlimit values', 'lowering --oom-score-adj'] },
	{ name: 'CAP_MKNOD', affects: ['--device'] },
	{ name: 'CAP_SETFCAP', affects: ['maps of uid 0 of the host'] },
] as const;
