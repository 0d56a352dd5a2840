/** However a launch or a container ends: of its network nothing is left. */
import '../support/own-network.js';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container, type Options, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { interfaces } from '../support/network.js';
import { cli } from '../support/paths.js';
import { states, stoppingShim } from '../support/stopping-shim.js';

/** In the arguments of every keeper. */
const keeper = 'exec 9<';

const all = () => [
	...interfaces(),
	...execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).split('\n').filter(Boolean),
	...(readFileSync('/proc/sys/net/ipv4/ip_forward', 'latin1') === '0\n' ? [] : ['the host forwards']),
	...leftovers(keeper),
];

async function remains(): Promise<string[]> {
	for (const end = Date.now() + 20_000; Date.now() < end && all().length > 0; ) await sleep(20);
	return all();
}

const kinds = [
	['--net', 'veth'],
	['--net', 'bridge=mortal', '--masquerade'],
];

t.test('the controller is killed with SIGKILL', async (t) => {
	for (const flags of kinds)
		for (const state of states) {
			const { path, reached } = stoppingShim(state, 'wait');
			const program = state === 'procExited' ? 'true' : 'cat';
			const controller = spawn(process.execPath, [cli, 'run', ...flags, '--', program], {
				stdio: ['pipe', 'ignore', 'ignore'],
				env: { ...process.env, PROCREADY_SHIM: path },
			});
			while (!existsSync(reached)) await sleep(5);
			if (state === 'procReady') t.ok(interfaces().length > 0, 'there is something to be left');
			controller.kill('SIGKILL');
			await once(controller, 'exit');
			t.strictSame(await remains(), [], `${flags} after ${state}`);
			rmSync(dirname(path), { recursive: true });
		}
});

t.test('the shim is killed with SIGKILL', async (t) => {
	for (const flags of kinds)
		for (const state of ['procCreated', 'procSetup', 'procReady', 'procStarted'] as const) {
			const { path } = stoppingShim(state, 'kill the shim');
			const { status } = await procready(['run', ...flags, '--', 'sleep', '60'], { env: { PROCREADY_SHIM: path } });
			t.equal(status, 125);
			t.strictSame(all(), [], `${flags} after ${state}: at once`);
			rmSync(dirname(path), { recursive: true });
		}
});

t.test('a keeper is killed: the controller does what it would have done', async (t) => {
	const container = await Container.launch(['sleep', '60'], { network: { bridge: 'mortal', masquerade: true } });
	for (const found of leftovers(keeper)) {
		const [, pid] = /^process (\d+)/.exec(found) ?? [];
		if (pid) process.kill(Number(pid), 'SIGKILL');
	}
	container.kill();
	await container.wait();
	t.strictSame(all(), []);
});

t.test('a launch that fails, wherever it does', async (t) => {
	const failing: [Options, string][] = [
		[{ network: [{}, { hostInterfaceName: 'lo' }] }, 'network-refused'],
		[
			{ network: [{}, { mtu: 65535, name: 'all' }, { address: '10.9.0.2/24' }, { address: '10.9.0.2/24' }] },
			'network-refused',
		],
		[{ network: [{ bridge: 'mortal' }, { bridge: 'lo', address: '10.9.0.2/24' }] }, 'network-refused'],
		[{ network: [{ bridge: 'mortal', masquerade: true }, { hostInterfaceName: 'lo' }] }, 'network-refused'],
		[
			{ network: { masquerade: true }, routes: [{ destination: '10.8.0.0/16', gateway: '10.99.0.1' }] },
			'network-refused',
		],
		[{ network: { masquerade: true }, sysctl: { 'net.ipv4.no_such': 1 } }, 'setup-failed'],
		[{ network: 'veth', mounts: [{ destination: '/no/such', type: 'tmpfs' }] }, 'setup-failed'],
		[{ network: 'veth', limits: { cpu: '20000000000000 1000000' } }, 'limit-refused'],
		[{ network: { bridge: 'mortal' }, cwd: '/no/such' }, 'cwd-invalid'],
	];
	for (const [options, code] of failing) {
		await t.rejects(run(['true'], options), { code }, JSON.stringify(options));
		t.strictSame(all(), [], 'at once');
	}
	await t.rejects(run(['/no/such'], { network: { masquerade: true } }), { code: 'command-not-found' });
	t.strictSame(all(), []);
	const abort = AbortSignal.timeout(300);
	await t.rejects(run(['sleep', '60'], { network: { bridge: 'mortal' }, signal: abort }), { code: 'aborted' });
	t.strictSame(all(), []);
});

t.test('50 at once have 50 addresses', async (t) => {
	for (const network of ['veth', 'bridge=many'] as const) {
		const launched = await Promise.all(
			Array.from({ length: 50 }, () => Container.launch(['sleep', '60'], { network })),
		);
		t.equal(new Set(launched.map(({ address }) => address)).size, 50, network);
		t.equal(interfaces().length, network === 'veth' ? 50 : 51);
		const pings = await Promise.all(
			launched.slice(0, 10).map(({ address }) => run(['ping', '-c1', '-W3', address as string], {})),
		);
		t.ok(pings.every(({ exitCode }) => exitCode === 0));
		for (const container of launched) container.kill();
		await Promise.all(launched.map((container) => container.wait()));
		t.strictSame(all(), []);
	}
});

t.test('of several processes', async (t) => {
	const launches = Array.from({ length: 8 }, () =>
		procready(['run', '--net', 'bridge=many', '--masquerade', '--', 'sh', '-c', 'ip -4 -o address show eth0; sleep 5']),
	);
	const outputs = await Promise.all(launches);
	for (const { status, stderr } of outputs) t.equal(status, 0, stderr);
	t.equal(new Set(outputs.map(({ stdout }) => / inet (\S+)/.exec(stdout)?.[1])).size, 8);
	t.strictSame(all(), []);
});
