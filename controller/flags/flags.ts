/** The flags, by topic: what each takes, its line of help, and the option of the library that it stands for. */
import type { Flag } from './flag.js';

/** Of `run`: what it does when time is up. */
export const timeFlags = {
	timeout: {
		type: 'string',
		value: 'T',
		help: 'kill everything after T seconds, or 500ms, 10s, 5m, 1h',
		option: 'timeout',
	},
} as const satisfies Record<string, Flag>;

/** Of any process, also of one that joins. */
export const processFlags = {
	user: {
		type: 'string',
		short: 'u',
		value: 'USER[:GROUP]',
		help: 'run as; digits are a number, else a name in the container',
		option: 'user',
	},
	group: { type: 'string', multiple: true, value: 'GROUP', help: 'an additional group', option: 'groups' },
	env: { type: 'string', multiple: true, short: 'e', value: 'K=V', help: 'set a variable', option: 'env' },
	'clear-env': { type: 'boolean', help: 'no variables but those of --env' },
	cwd: { type: 'string', short: 'w', value: 'DIR', help: 'start in DIR', option: 'cwd' },
	umask: { type: 'string', value: 'OCTAL', help: 'permissions that new files do not get', option: 'umask' },
	tty: { type: 'boolean', short: 't', help: 'a terminal of its own for COMMAND', option: 'terminal' },
	interactive: { type: 'boolean', short: 'i', help: 'with --tty: what is typed is for COMMAND' },
	'console-socket': {
		type: 'string',
		value: 'PATH',
		help: 'with --tty: a unix socket that gets the terminal',
		option: 'consoleSocket',
	},
	'preserve-fds': { type: 'string', value: 'N', help: 'pass on N more file descriptors, from 3 on', option: 'fds' },
	'cap-add': { type: 'string', multiple: true, value: 'CAP', help: 'a capability more, or ALL', option: 'capAdd' },
	'cap-drop': { type: 'string', multiple: true, value: 'CAP', help: 'a capability less, or ALL', option: 'capDrop' },
	'no-new-privileges': { type: 'boolean', help: 'no exec gives more rights', option: 'noNewPrivileges' },
	'new-privileges': {
		type: 'boolean',
		help: 'set-user-ID programs work, also with --rootfs',
		option: 'noNewPrivileges',
	},
	seccomp: { type: 'string', value: 'FILE', help: 'a seccomp profile, JSON as in OCI', option: 'seccomp' },
	rlimit: {
		type: 'string',
		multiple: true,
		value: 'NAME=SOFT[:HARD]',
		help: 'a resource limit: nofile=1024:4096, core=unlimited',
		option: 'rlimits',
	},
	'oom-score-adj': { type: 'string', value: 'N', help: '-1000 to 1000: who is killed first', option: 'oomScoreAdj' },
	nice: { type: 'string', value: 'N', help: '-20 to 19 (--nice=-5)', option: 'nice' },
	scheduler: {
		type: 'string',
		value: 'POLICY[,KEY=N]…',
		help: 'fifo,priority=10; batch; idle; deadline,runtime=N,…',
		option: 'scheduler',
	},
	'io-priority': {
		type: 'string',
		value: 'CLASS[:N]',
		help: 'rt, be or idle; 0 is first, 7 last',
		option: 'ioPriority',
	},
	'cpu-affinity': { type: 'string', value: 'LIST', help: 'the processors to run on: 0-3,7', option: 'cpuAffinity' },
	personality: { type: 'string', value: 'LINUX|LINUX32', help: 'what uname(2) says', option: 'personality' },
	keyring: { type: 'string', value: 'new|caller', help: 'the session keyring', option: 'keyring' },
} as const satisfies Record<string, Flag>;

export const rootFlags = {
	rootfs: {
		type: 'string',
		value: 'DIR',
		help: 'the root of the file system, with what OCI runtimes mount in it',
		option: 'rootfs',
	},
	'read-only': { type: 'boolean', help: 'nothing can be written to it', option: 'readonly' },
	volume: {
		type: 'string',
		multiple: true,
		short: 'v',
		value: 'SRC:DST[:OPTION,…]',
		help: 'show SRC of the host at DST; ro, with all that is below',
		option: 'mounts',
	},
	tmpfs: {
		type: 'string',
		multiple: true,
		value: 'DST[:OPTION,…]',
		help: 'an empty file system: /tmp:size=64M',
		option: 'mounts',
	},
	mount: {
		type: 'string',
		multiple: true,
		value: 'type=T,src=S,dst=D,…',
		help: 'any other mount, with options as in OCI',
		option: 'mounts',
	},
	device: {
		type: 'string',
		multiple: true,
		value: 'HOST[:PATH]',
		help: 'a device node of the host',
		option: 'devices',
	},
	mask: { type: 'string', multiple: true, value: 'PATH', help: 'hide PATH', option: 'maskedPaths' },
	'readonly-path': {
		type: 'string',
		multiple: true,
		value: 'PATH',
		help: 'make PATH read-only',
		option: 'readonlyPaths',
	},
	unmask: { type: 'boolean', help: 'hide and protect nothing but that' },
} as const satisfies Record<string, Flag>;

export const namespaceFlags = {
	ns: {
		type: 'string',
		multiple: true,
		value: 'KIND=WHAT',
		help: 'new, host, a path, pid:N or container:NAME: network=new',
		option: 'namespaces',
	},
	uidmap: {
		type: 'string',
		multiple: true,
		value: 'IN:OUT:SIZE',
		help: 'user ids of a new user namespace',
		option: 'uidMappings',
	},
	gidmap: { type: 'string', multiple: true, value: 'IN:OUT:SIZE', help: 'group ids of it', option: 'gidMappings' },
	'time-offset': {
		type: 'string',
		multiple: true,
		value: 'CLOCK=SECONDS',
		help: 'monotonic or boottime, of a new time namespace',
		option: 'timeOffsets',
	},
	hostname: { type: 'string', value: 'NAME', help: 'of the container', option: 'hostname' },
	domainname: { type: 'string', value: 'NAME', help: 'the NIS domain name', option: 'domainname' },
	sysctl: {
		type: 'string',
		multiple: true,
		value: 'NAME=VALUE',
		help: 'a kernel parameter of a namespace: kernel.sem=…',
		option: 'sysctl',
	},
} as const satisfies Record<string, Flag>;

export const networkFlags = {
	ip: {
		type: 'string',
		multiple: true,
		value: 'ADDRESS/PREFIX',
		help: 'of the interface, IPv4 or IPv6 or both: 10.9.0.2/24',
		option: 'network.address',
		also: 'network.ipv6Address',
	},
	gateway: {
		type: 'string',
		multiple: true,
		value: 'ADDRESS',
		help: 'where all goes for which there is no other route',
		option: 'network.gateway',
		also: 'network.ipv6Gateway',
	},
	masquerade: {
		type: 'boolean',
		help: 'reach what the host reaches, with the address of the host',
		option: 'network.masquerade',
	},
	mtu: { type: 'string', value: 'BYTES', help: '68 to 65535', option: 'network.mtu' },
	mac: { type: 'string', value: 'ADDRESS', help: '02:00:00:00:00:01', option: 'network.macAddress' },
	route: {
		type: 'string',
		multiple: true,
		value: 'DST[,via=GW][,src=IP][,dev=IF]',
		help: 'a route more: 10.8.0.0/16,via=10.9.0.7',
		option: 'routes',
	},
	'add-host': {
		type: 'string',
		multiple: true,
		value: 'NAME:ADDRESS',
		help: 'a line more in /etc/hosts',
		option: 'hosts',
	},
	net: {
		type: 'string',
		value: 'WHAT',
		help: 'host, none, veth, bridge=NAME, path:NS or container:NAME',
		option: 'network',
	},
} as const satisfies Record<string, Flag>;

export const containerFlags = {
	name: { type: 'string', value: 'NAME', help: 'for procready ps, stats, update, exec …', option: 'name' },
	'cgroup-parent': {
		type: 'string',
		value: 'PATH',
		help: 'the cgroup in which that of the container is made',
		option: 'cgroupParent',
	},
	init: { type: 'boolean', help: 'a small process 1 that reaps orphans; it counts as a task', option: 'init' },
	'parent-death-signal': {
		type: 'string',
		value: 'SIGNAL',
		help: 'sent when procready dies, a second before SIGKILL',
		option: 'parentDeathSignal',
	},
	spec: { type: 'string', value: 'FILE', help: 'an OCI config.json, in the place of COMMAND and of most of the above' },
} as const satisfies Record<string, Flag>;

/** What is made to fail. */
export const faultFlags = {
	'refuse-fork': {
		type: 'string',
		multiple: true,
		value: 'K[,K…]',
		help: 'the K-th fork fails; threads count as forks',
		option: 'refuseForks',
	},
	'each-fork': { type: 'boolean', help: 'run once for every fork, which then fails, and say how each run ended' },
	at: {
		type: 'string',
		multiple: true,
		value: 'T:WHAT',
		help: 'after T do WHAT: FILE=VALUE of a limit, freeze=TIME or a signal',
		option: 'schedule',
	},
	on: {
		type: 'string',
		multiple: true,
		value: 'LIMIT[@N]:WHAT',
		help: 'the same when LIMIT is hit (the N-th time): pids.max:pids.max=8',
		option: 'schedule',
	},
} as const satisfies Record<string, Flag>;

/** Of several runs. */
export const budgetFlags = {
	'save-budget': { type: 'string', value: 'FILE', help: 'run several times, and write what is used to FILE' },
	'check-budget': { type: 'string', value: 'FILE', help: 'the same, and fail where more is used than FILE says' },
	repeat: { type: 'string', value: 'N', help: 'that many runs, of which the median counts; default: 5' },
	tolerance: { type: 'string', value: 'P%', help: 'how much more is not a failure; default: 10%' },
} as const satisfies Record<string, Flag>;

export const reportFlags = {
	json: { type: 'string', value: 'FILE|-', help: 'write the whole report as JSON; - is stdout' },
	watch: { type: 'boolean', help: 'show in the terminal what it uses, while it runs' },
	html: { type: 'string', value: 'FILE|-', help: 'write a page with curves, the account and the verdict' },
	verbose: { type: 'boolean', help: 'report also when no limit was hit' },
	'dry-run': { type: 'boolean', help: 'print what would be done as JSON, and do nothing' },
	help: { type: 'boolean', short: 'h', help: 'this' },
} as const satisfies Record<string, Flag>;
