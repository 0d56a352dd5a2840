/** The same program from a shell: the command lines, each for the same namespaces where it can make them. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { bare, cli, smallest } from '../support/paths.js';
import type { Bench } from './bench.js';
import type { Table } from './table.js';
import { type Contestant, takeTurns, timesTable } from './turns.js';

export const bwrapArgs = [
	...['--unshare-pid', '--unshare-uts', '--unshare-ipc', '--unshare-cgroup'],
	...['--bind', '/', '/', '--proc', '/proc'],
];
const unshareArgs = ['--fork', '--pid', '--mount', '--uts', '--ipc', '--cgroup', '--mount-proc'];
/** Command lines take long enough that few runs tell them apart. */
const share = 6;

/** Why a command cannot be run here. */
export async function missing(command: string): Promise<string | undefined> {
	const { failed } = await execa(command, ['--version'], { reject: false });
	return failed ? 'not installed' : undefined;
}

export async function commands(bench: Bench): Promise<Table> {
	const runs = Math.ceil(bench.runs / share);
	const limits = ['--pids-max', '1', '--memory-max', '1M'];
	const command = (name: string, argv: string[], problem?: string): Contestant => ({
		name,
		reference: name.split(',')[0] as string,
		problem,
		runs,
		measure: (count) => measure(argv, count),
	});
	for (const peer of bench.peers) peer.configure(smallest);
	const contestants = [
		{ ...command('node -e 0', ['node', '-e', '0']), reference: 'node' },
		without(command('procready --dry-run: its start', [cli, 'run', '--dry-run', '--', smallest])),
		command('procready, no limits', [cli, 'run', '--', smallest]),
		without(command('procready, pids 1, memory 1M', [cli, 'run', ...limits, '--', smallest])),
		without(command('unshare, no limits', ['unshare', ...unshareArgs, smallest])),
		command('bwrap, no limits', ['bwrap', ...bwrapArgs, smallest], await missing('bwrap')),
		...bench.peers.map((peer) => command(peer.name, [peer.path, ...peer.runArgs()], peer.problem)),
		without(
			command(
				'systemd-run --scope',
				['systemd-run', '--scope', '--quiet', '--property=TasksMax=1', smallest],
				existsSync('/run/systemd/system') ? undefined : 'systemd does not run here',
			),
		),
	];
	return timesTable('command: the same from a shell', await takeTurns(contestants, { ...bench, runs }), [
		'target: procready --dry-run, which plans and starts nothing, at most 30 ms above node -e 0',
	]);
}

function without({ reference: _, ...contestant }: Contestant): Contestant {
	return contestant;
}

/** By a process of a few pages, like a shell, so that its own fork costs next to nothing. */
async function measure(argv: string[], runs: number): Promise<number[]> {
	const { stdout, stderr, exitCode } = await execa(bare, ['each', String(runs), ...argv], { reject: false });
	if (exitCode !== 0) throw new Error(stderr.trim().split('\n').at(-1) || 'a run failed');
	return stdout.split('\n').map((microseconds) => Number(microseconds) / 1000);
}
