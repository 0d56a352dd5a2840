/** Commands that are right on more than one occasion. */
import { dirname } from 'node:path';
import { unitOf } from '../model/path.js';
import type { Facts, HierarchyFacts } from './facts.js';

export const rootCommand = 'sudo procready …';
export const neither = 'needs CAP_SYS_ADMIN or a user namespace, and there is neither';
export const inUserCommand = 'procready run --ns user=new …';
export const mountCgroup2 = 'mount -t cgroup2 cgroup2 /sys/fs/cgroup';

/** Where systemd is not there to do it: a directory of the caller's own, with this shell in it. */
function delegateByHand({ caller: { uid } }: Facts, { mountPoint, levels }: HierarchyFacts): string {
	const above = levels.at(-1)?.directory ?? mountPoint;
	const enable = (levels.at(-1)?.controllers ?? []).map((name) => `+${name}`).join(' ');
	const own = `delegated-${uid}`;
	const files = [
		own,
		`${own}/cgroup.procs`,
		`${own}/cgroup.subtree_control`,
		`${own}/shell`,
		`${own}/shell/cgroup.procs`,
	];
	return (
		`sudo sh -c 'cd ${above} && echo ${enable} > cgroup.subtree_control && mkdir -p ${own}/shell && ` +
		`chown ${uid} ${files.join(' ')} && echo $1 > ${own}/shell/cgroup.procs' sh $$`
	);
}

/** What gives this caller a place for its cgroups. */
export function delegation(facts: Facts, hierarchy: HierarchyFacts): string[] {
	const { system, caller, cgroups } = facts;
	if (caller.uid === 0 && system.container === undefined) return ['start procready with CAP_DAC_OVERRIDE'];
	if (system.container !== undefined) return [...privilegedContainer(system.container), rootCommand];
	if (hierarchy.version === 1) {
		const bases = cgroups.hierarchies.flatMap(({ version, base }) => (version === 1 && base ? [base] : []));
		return [`sudo install -d -o ${caller.uid} ${bases.join(' ')}`, rootCommand];
	}
	const manager = `export XDG_RUNTIME_DIR=/run/user/${caller.uid} && `;
	const scope = 'systemd-run --user --scope -p Delegate=yes $SHELL';
	if (system.systemd && system.userManager) return [scope, rootCommand];
	if (system.systemd)
		return [`sudo loginctl enable-linger ${caller.name ?? caller.uid} && ${manager}${scope}`, rootCommand];
	return [delegateByHand(facts, hierarchy), rootCommand];
}

/** How the container we are inside of has to be started. */
export function privilegedContainer(kind: string): string[] {
	switch (kind) {
		case 'docker':
		case 'podman':
			return [`${kind} run --privileged --cgroupns=private …`];
		case 'kubernetes':
			return ['securityContext: { privileged: true } in the specification of the pod’s container'];
		default:
			return ['start this container privileged, with a cgroup namespace of its own'];
	}
}

/** v2: enables controllers for what is below a directory. */
export function enableIn(facts: Facts, directory: string, controller: string): string {
	const command = `echo +${controller} > ${directory}/cgroup.subtree_control`;
	return facts.caller.uid === 0 ? command : `sudo sh -c '${command}'`;
}

/** A new cgroup, with this shell in it. */
export function enter({ caller }: Facts, directory: string): string {
	if (caller.uid === 0) return `mkdir ${directory} && echo $$ > ${directory}/cgroup.procs`;
	return `sudo sh -c 'mkdir ${directory} && echo $1 > ${directory}/cgroup.procs' sh $$`;
}

/** All in the directory above ours goes one level down, so that it may have children with limits. */
export function moveDown(own: string): string {
	const each = `for p in $(cat ${own}/cgroup.procs); do echo $p > ${own}/rest/cgroup.procs || true; done`;
	return `mkdir ${own}/rest && ${each} 2>/dev/null`; // the cat is in the list too, and gone by then
}

/** What makes the cgroups above pass a controller on. */
export function passDown(facts: Facts, { own }: HierarchyFacts, directory: string, controller: string): string[] {
	if (!facts.system.systemd) return [enableIn(facts, directory, controller)];
	const unit = unitOf(own) ?? 'user@.service';
	if (facts.caller.uid === 0 || unit.endsWith('.scope')) return ['systemd-run --scope -p Delegate=yes $SHELL'];
	const isManager = unit.startsWith('user@');
	const file = `/etc/systemd/system/${isManager ? 'user@.service' : unit}.d/delegate.conf`;
	return [
		`sudo sh -c 'mkdir -p ${dirname(file)} && printf "[Service]\\nDelegate=yes\\n" > ${file} && systemctl daemon-reload'` +
			`  # then ${isManager ? 'log in again' : `systemctl restart ${unit}`}`,
	];
}

/** As root, whoever asks. */
export function asRoot({ caller }: Pick<Facts, 'caller'>, command: string): string {
	return caller.uid === 0 ? command : `sudo ${command}`;
}
