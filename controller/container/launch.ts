/** The launch, from a plan to a running program: the picture in ../shim/README.md, read downwards. */

import { type Account, openAccount } from '../cgroup/account.js';
import { makeDirectories, placeProcess, removeDirectories, writeLimits } from '../cgroup/cgroup.js';
import { enterLeaf } from '../cgroup/leaf.js';
import { removeStaleBeside } from '../cgroup/stale.js';
import { unthrottle } from '../cgroup/unthrottle.js';
import { machine } from '../host/machine.js';
import type { Rights } from '../model/host.js';
import { allInTurn } from '../model/in-turn.js';
import type { NetworkPlan } from '../model/network-plan.js';
import type { Plan } from '../model/plan.js';
import type { SeccompProfile } from '../model/seccomp-profile.js';
import type { Configured } from '../network/configure.js';
import { showHosts } from '../network/hosts.js';
import { appliedOf } from '../plan/network/link.js';
import { ownAppliedOf } from '../plan/own-limits.js';
import { type Shim, startShim } from '../protocol/shim.js';
import type { ShimOptions } from '../protocol/start.js';
import { waitingStarters } from '../protocol/starter.js';
import { explain } from './explain.js';
import { factsOf } from './facts.js';
import { filterOf } from './filter.js';
import { writeIdMaps } from './id-maps.js';
import { letGo } from './insist.js';
import { type LaunchedContainer, launchedContainer } from './launched.js';
import { openSetup, throwIfAborted } from './setup.js';
import { type ClaimedName, claimName, listContainers, removeStaleStates } from './state.js';

export interface LaunchOptions extends Pick<ShimOptions, 'stdio' | 'fds'> {
	/** Those of the caller. */
	rights: Rights;
	signal?: AbortSignal | undefined;
}

/** Resolves when the program runs; on any failure what was made is released first. */
export async function launch(plan: Plan, options: LaunchOptions): Promise<LaunchedContainer> {
	throwIfAborted(options.signal);
	if (plan.name === undefined) return start(plan, options, undefined);
	const claimed = await claimName(plan.name, plan.id);
	try {
		return await start(plan, options, claimed);
	} catch (error) {
		await allInTurn(() => claimed.release()).catch(() => {});
		throw error;
	}
}

async function start(
	given: Plan,
	options: LaunchOptions,
	claimed: ClaimedName | undefined,
): Promise<LaunchedContainer> {
	let plan = given;
	const { stdio, fds, rights, signal } = options;
	enterLeaf(plan.directories, waitingStarters);
	const shim = startShim({ stdio, fds, sealed: plan.sealed, terminal: plan.terminal === 'relay' });
	using setup = openSetup(shim, signal, plan.setupTimeout);
	let account: Account | undefined;
	let pid: number | undefined;
	let configuring: Promise<Configured> | undefined;
	let isLimited = false;
	try {
		account = openAccount(plan.directories);
		if (plan.seccomp) plan = await setup.step('the seccomp filter to be compiled', withFilter(plan, plan.seccomp)); // while the shim starts
		if (claimed) plan = { ...plan, init: { ...plan.init, stateFile: claimed.path } };
		using hosts = plan.hosts && showHosts(plan.hosts, plan.id, listContainers);
		if (hosts) plan = { ...plan, init: { ...plan.init, mounts: [...(plan.init.mounts ?? []), hosts.mount] } };
		shim.send(plan.init); // before there is anything to remove: the shim does it when this process dies
		makeDirectories(plan.directories);
		const early = await setup.step('limits to be set', writeLimits(plan.early));
		const isPrepared = plan.idMaps !== undefined || plan.network !== undefined;
		shim.send({ type: 'procCreate' }, ...(isPrepared ? [] : [{ type: 'procSetup' } as const]));
		pid = (await setup.expect('procCreated')).pid;
		// first: then it is root of its other namespaces
		if (plan.idMaps) await setup.step('the id maps to be written', writeIdMaps(pid, plan.idMaps));
		configuring = plan.network && configured(plan.network, pid);
		const network = configuring && (await setup.step('the network to be made', configuring));
		if (isPrepared) shim.send({ type: 'procSetup' });
		await setup.expect('procReady');
		await setup.step('the new process to be moved to its cgroups', placeProcess(plan.directories, pid));
		const late = await setup.step('limits to be set', writeLimits(plan.late));
		isLimited = true;
		const baseline = account.baseline();
		const startedAt = machine.monotonic();
		shim.send({ type: 'procRun' });
		await setup.expect('procStarted');
		network?.started();
		const limits = [...early, ...late, ...appliedOf(plan.network?.link ?? {}), ...ownAppliedOf(plan)];
		const interfaces = network?.interfaces ?? [];
		const facts = factsOf(plan, rights, { pid, limits, baseline, startedAt, interfaces });
		claimed?.publish(facts);
		removeStaleBeside([...plan.directories, ...plan.spare]);
		removeStaleStates();
		return launchedContainer({ plan, facts, shim, account, claimed, network });
	} catch (error) {
		const reason = setup.failure() ?? explain(error, plan, account, isLimited);
		await allInTurn(
			() => unthrottle(plan), // or it would wait for its share of a processor to die
			() => undo({ shim, pid, plan, configuring, isHurried: setup.failure() !== undefined }),
			() => account?.close(),
			() => removeDirectories(plan.directories),
		).catch(() => {}); // what failed first is what is said
		throw reason;
	}
}

interface Begun {
	shim: Shim;
	pid: number | undefined;
	plan: Plan;
	configuring: Promise<Configured> | undefined;
	/** Something was not waited for. */
	isHurried: boolean;
}

/** Whatever fails, the rest goes on. */
async function undo({ shim, pid, plan, configuring, isHurried }: Begun): Promise<void> {
	const { directories } = plan;
	const released = configuring?.then((network) => network.release());
	const left = isHurried && released ? within(farewell, released) : released;
	await Promise.allSettled([letGo({ shim, pid, directories }), left]);
}

/** Milliseconds for a network that was being made. */
const farewell = 1000;

/** What it comes to later is nobody's. */
async function within(milliseconds: number, act: Promise<void>): Promise<void> {
	const timer = new AbortController();
	await Promise.race([act, machine.sleep(milliseconds, timer.signal)]).finally(() => timer.abort());
}

/** Few containers have a network of their own, so only they load what makes it. */
async function configured(network: NetworkPlan, pid: number): Promise<Configured> {
	const { configureNetwork } = await import('../network/configure.js');
	return configureNetwork(network, pid);
}

async function withFilter(plan: Plan, profile: SeccompProfile): Promise<Plan> {
	const { seccomp, notes } = await filterOf(profile);
	return { ...plan, notes: [...plan.notes, ...notes], init: { ...plan.init, seccomp } };
}
