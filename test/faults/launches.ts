/** The launches that are tried with each of their calls failing, and what of each is compared. */
import { attach, Container, exec, list, type Options, type Result, run } from '../../controller/index.js';
import { probe, smallest } from '../support/paths.js';

/** What must be the same with a fault, or `null`. */
export type Seen = Record<string, unknown>;

export interface Context {
	/** In the arguments of each program. */
	mark: string;
	/** Of this launch alone. */
	name: string;
	rootfs: string;
}

const ids = [{ containerID: 0, hostID: 100_000, size: 1000 }];
const sh = (script: string, mark: string) => ['sh', '-c', script, mark];
const limits = { pids: 8, memory: '64M', cpu: 0.5 };

/** Of these one launch may use nothing, and the next one something. */
const varying = /^usage\.(rusage|pressure|io|cpu\.(user|system|throttled|periods))/;

/** Of numbers only whether there are any: nobody uses the same twice. */
function kindsIn(value: unknown, path = ''): Seen {
	if (value === null || typeof value !== 'object') {
		const kind = varying.test(path) ? 'a number' : value === 0 ? 'nothing' : 'something';
		return { [path]: typeof value === 'number' ? kind : value };
	}
	return Object.assign({}, ...Object.entries(value).map(([name, member]) => kindsIn(member, `${path}.${name}`)));
}

function seenOf({ exitCode, signal, verdict, limits, usage, changes, schedule }: Result): Seen {
	const causes = verdict.causes.map(({ limit, fatal }) => `${limit}${fatal === true ? '!' : ''}`);
	return {
		...{ exitCode, signal, outcome: verdict.outcome, causes },
		limits: limits.map(({ limit, value }) => `${limit}=${value}`),
		changes: changes.map((change) => change.limits.map(({ limit, value }) => `${limit}=${value}`).join()),
		schedule: schedule?.map(({ did, error }) => `${did} ${error ?? ''}`),
		...kindsIn(usage, 'usage'),
	};
}

async function resultOf(args: string[], options: Options): Promise<Seen> {
	const { stdout, ...result } = await run(args, { ...options, timeout: '60s' });
	return { ...seenOf(result), stdout };
}

export const launches: Record<string, (context: Context) => Promise<Seen>> = {
	plain: ({ mark }) => resultOf(['sh', '-c', '(exit 0) & wait; exit 5', mark], { limits: { ...limits, pids: 1 } }),
	memory: ({ mark }) => resultOf([probe, 'touch', String(64 << 20), mark], { limits: { ...limits, memory: '8M' } }),
	'own limits': ({ mark }) =>
		resultOf(sh('echo 123456789; while :; do :; done', mark), { limits: { cpuTime: 20, outputMax: 1000 } }),
	async named({ mark, name }) {
		await using container = await Container.launch(sh('read x; exit 3', mark), { limits, name });
		const found = attach(name);
		const stats = await found.stats();
		const names = list().flatMap((one) => (one.name === name ? [one.name] : []));
		container.stdin?.end('x\n');
		return {
			...seenOf(await container.wait()),
			names,
			...kindsIn(stats.tasks.current, 'usage.then'),
			paused: stats.paused,
		};
	},
	'user namespace': ({ mark }) =>
		resultOf(sh('cat /proc/self/uid_map', mark), { limits, uidMappings: ids, gidMappings: ids, cwd: '/' }),
	rootfs: ({ mark, name, rootfs }) =>
		resultOf(sh('cat /etc/hosts; id', mark), { limits, rootfs, name, hosts: { here: '10.0.0.1' }, user: 'user' }),
	network: ({ mark, name }) =>
		resultOf(sh('ip -br addr show eth0 | wc -w', mark), {
			limits,
			name,
			network: { bridge: 'faults0', masquerade: true },
		}),
	'link limits': ({ mark }) =>
		resultOf([smallest, mark], { network: 'veth', limits: { ...limits, link: { rate: '10mbit' } } }),
	async exec({ mark, name }) {
		await using container = await Container.launch(sh('read x; exit 3', mark), { limits, name });
		const one = await container.exec(sh('exit 4', mark));
		const { exitCode } = await one.wait();
		const other = await exec(name, sh('exit 6', mark));
		const ended = await other.wait();
		container.stdin?.end('x\n');
		return { ...seenOf(await container.wait()), exec: exitCode, execByName: ended.exitCode };
	},
	async update({ mark, name }) {
		await using container = await Container.launch(sh('read x; exit 3', mark), { limits, name });
		await container.pause();
		const { paused } = await container.stats();
		await container.resume();
		await container.update({ pids: 9, memory: '32M', cpu: 0.25 });
		await attach(name).update({ cpus: '0' });
		container.stdin?.end('x\n');
		return { ...seenOf(await container.wait()), paused };
	},
	schedule: ({ mark }) =>
		resultOf(sh('sleep 9; exit 3', mark), {
			limits,
			schedule: [
				{ at: 5, set: { pids: 9, memory: '32M' } },
				{ at: 10, freeze: 5 },
				{ at: 20, signal: 'SIGTERM' },
			],
		}),
	seccomp: ({ mark }) =>
		resultOf([smallest, mark], { limits, seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] } }),
};
