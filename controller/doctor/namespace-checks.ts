/** Namespaces and mounts. */
import type { NamespaceType } from '../model/init-config.js';
import { failed } from './attempt.js';
import { about, type Check } from './check.js';
import type { Facts, Failure, SystemFacts } from './facts.js';
import { namespaceFiles, namespaceTypes } from './namespaces.js';
import { asRoot, inUserCommand, neither, privilegedContainer, rootCommand } from './remedies.js';

/** One kernel option each; mount namespaces are always there. */
const configs: Partial<Record<NamespaceType, string>> = {
	pid: 'CONFIG_PID_NS',
	uts: 'CONFIG_UTS_NS',
	ipc: 'CONFIG_IPC_NS',
	cgroup: 'CONFIG_CGROUPS',
	network: 'CONFIG_NET_NS',
	time: 'CONFIG_TIME_NS',
	user: 'CONFIG_USER_NS',
};

/** A launch makes these unless it is told not to. */
const usual: NamespaceType[] = ['pid', 'mount', 'uts', 'ipc', 'cgroup'];

const namespace =
	(type: NamespaceType): Check =>
	(facts) => {
		const { ok, limited, missing } = about('namespaces', type);
		const { known, alone, inUser } = facts.namespaces[type];
		const affects = usual.includes(type) ? ['every launch'] : [`--ns ${type}=new`];
		if (!known) return missing('the kernel has none', { remedies: [`boot a kernel with ${configs[type]}`], affects });
		if (alone === 'done') return ok('can be made');
		if (inUser === 'done' && facts.caller.uid !== 0)
			return ok('can be made with a user namespace, as every launch without root does');
		if (inUser === 'done')
			return limited('can be made together with a user namespace only', {
				remedies: [inUserCommand],
				affects,
			});
		if (failed(inUser) && failed(facts.namespaces.user.alone)) return missing(neither, { affects });
		const why = [inUser, alone].find(failed);
		return missing(`cannot be made: ${reasonOf(type, facts, why)}`, {
			remedies: remediesOf(type, facts, why),
			affects,
		});
	};

/** Who may not make user namespaces is told so by many errnos, at many steps. */
function reasonOf(type: NamespaceType, { system, own, caller }: Facts, why: Failure | undefined): string | undefined {
	const restriction = type === 'user' && caller.uid !== 0 ? restrictionOf(system, own.shim) : undefined;
	return restriction?.finding ?? why?.message;
}

function remediesOf(type: NamespaceType, facts: Facts, why: Failure | undefined): string[] {
	const { system, caller } = facts;
	if (type === 'user' || caller.uid !== 0) {
		const restriction = restrictionOf(system, facts.own.shim);
		if (restriction) return restriction.remedies.map((command) => asRoot(facts, command));
	}
	if (why?.errno === 'ENOSPC') return [asRoot(facts, `sysctl -w user.max_${namespaceFiles[type]}_namespaces=15000`)];
	if (system.container) return privilegedContainer(system.container);
	return caller.uid === 0 ? [] : [rootCommand];
}

/** What keeps people without root from making user namespaces. */
function restrictionOf({ sysctls }: SystemFacts, shim: string): { finding: string; remedies: string[] } | undefined {
	if (sysctls['user.max_user_namespaces'] === '0')
		return { finding: 'user.max_user_namespaces is 0', remedies: ['sysctl -w user.max_user_namespaces=15000'] };
	if (sysctls['kernel.unprivileged_userns_clone'] === '0')
		return {
			finding: 'kernel.unprivileged_userns_clone is 0',
			remedies: ['sysctl -w kernel.unprivileged_userns_clone=1'],
		};
	if ((sysctls['kernel.apparmor_restrict_unprivileged_userns'] ?? '0') !== '0')
		return {
			finding: 'AppArmor takes all rights in them away (kernel.apparmor_restrict_unprivileged_userns)',
			remedies: ['sysctl -w kernel.apparmor_restrict_unprivileged_userns=0', `sh -c '${profileFor(shim)}'`],
		};
	return undefined;
}

/** Ubuntu 24.04: a profile that restricts nothing and allows this. */
function profileFor(shim: string): string {
	const profile = `abi <abi/4.0>,\\nprofile procready ${shim} flags=(unconfined) { userns, }\\n`;
	return `printf "${profile}" > /etc/apparmor.d/procready && apparmor_parser -r /etc/apparmor.d/procready`;
}

const unprivileged: Check = (facts) => {
	const { ok, limited } = about('namespaces', 'unprivileged');
	const restriction = restrictionOf(facts.system, facts.own.shim);
	if (!restriction) return ok('people without root may make user namespaces');
	return limited(`people without root: ${restriction.finding}`, {
		remedies: restriction.remedies.map((command) => asRoot(facts, command)),
		affects: ['every launch without root'],
	});
};

const mountApi: Check = ({ mounts: { api } }) => {
	const { ok, missing } = about('files', 'mounts');
	if (!failed(api)) return ok('fsopen, move_mount and mount_setattr work');
	return missing(`mounts cannot be made: ${api.message}`, { affects: ['--rootfs', '--mount', '--volume', '--tmpfs'] });
};

const idmapped: Check = ({ mounts: { idmapped }, caller }) => {
	const { ok, limited } = about('files', 'idmapped');
	const affects = ['mounts with uidMappings and gidMappings'];
	if (!failed(idmapped)) return ok('the file system at / takes id maps');
	if (!caller.capabilities.includes('CAP_SYS_ADMIN'))
		return limited('mounts with id maps need CAP_SYS_ADMIN on the host', { affects });
	return limited(`the file system at / takes no id maps: ${idmapped.message}`, { affects });
};

const ownCgroup: Check = ({ mounts: { cgroups } }) => {
	const { ok, limited } = about('files', 'own-cgroup');
	const remedies = ['procready run --rootfs DIR …'];
	if (cgroups === 'done') return ok('a program sees its own cgroups in the place of those of the host');
	if (cgroups === 'locked')
		return limited('a program sees its own cgroups; those of the host lie below, locked in a user namespace', {
			remedies,
			affects: ['what java takes for its memory and processors, on cgroup v1'],
		});
	const why = failed(cgroups) ? cgroups.message : 'none shows that of the caller';
	return limited(`without a root of its own a program sees the cgroups of the host: ${why}`, {
		remedies,
		affects: ['what java, node, Go and others take for their memory and processors'],
	});
};

export const namespaceChecks = [...namespaceTypes.map(namespace), unprivileged, mountApi, idmapped, ownCgroup];
