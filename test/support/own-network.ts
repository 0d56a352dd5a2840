/**
 * To be imported first: the test file runs again in a network namespace of its own, so that it sees no interface but its
 * own and changes nothing of the host's network.
 */
import { spawnSync } from 'node:child_process';

if (!process.env.PROCREADY_TEST_NETWORK) {
	// numbers of interfaces go on: those of the two ends of a link must not be the same, or the kernel takes a second for it
	const script = 'ip link set lo up && ip link add one type veth peer name two && ip link del one && exec "$@"';
	const { status } = spawnSync(
		'unshare',
		['--net', 'sh', '-c', script, 'sh', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
		{ stdio: 'inherit', env: { ...process.env, PROCREADY_TEST_NETWORK: 'own' } },
	);
	process.exit(status ?? 1);
}
