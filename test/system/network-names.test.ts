/** /etc/hosts of containers. */
import '../support/own-network.js';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { Container, run } from '../../controller/index.js';
import { leftoversAfter } from '../support/leftovers.js';
import { answers, client, serve } from '../support/network.js';
import { makeRootfs } from '../support/rootfs.js';

const rootfs = makeRootfs();
t.teardown(() => rootfs.remove());

t.test('entries, in a root of its own', async (t) => {
	const { stdout, stderr } = await run(['cat', '/etc/hosts'], {
		rootfs: rootfs.path,
		hostname: 'box',
		hosts: { db: '10.9.0.7', six: 'fd00::7' },
	});
	t.equal(
		stdout,
		'127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tbox\n10.9.0.7\tdb\nfd00::7\tsix\n',
		stderr,
	);
	const written = await run(['sh', '-c', 'echo x >> /etc/hosts'], { rootfs: rootfs.path, hosts: { a: '10.9.0.7' } });
	t.not(written.exitCode, 0, 'it is not for the program to change');
});

t.test('beside those of the host', async (t) => {
	const before = readFileSync('/etc/hosts', 'utf8');
	const { stdout } = await run(['cat', '/etc/hosts'], { hosts: { db: '10.9.0.7' } });
	t.equal(stdout, `${before.trimEnd()}\n10.9.0.7\tdb\n`);
	t.equal(readFileSync('/etc/hosts', 'utf8'), before, 'the file of the host is as it was');
});

t.test('a mount of the caller stays', async (t) => {
	const mounts = [{ destination: '/etc/hosts', type: 'bind', source: '/etc/hostname', options: ['bind'] }];
	const { stdout } = await run(['cat', '/etc/hosts'], { mounts, hosts: { db: '10.9.0.7' } });
	t.equal(stdout, readFileSync('/etc/hostname', 'utf8'));
});

t.test('containers at one bridge by their names', async (t) => {
	{
		await using server = await serve({ network: 'bridge=named', name: 'hosts-server' });
		t.equal((await run(client('hosts-server'), { network: 'bridge=named' })).stdout, answers);
		const mapped = await run(['cat', '/etc/hosts'], {
			rootfs: rootfs.path,
			network: 'bridge=named',
			namespaces: { user: 'new' },
		});
		t.match(mapped.stdout, `${server.address}\thosts-server\n`, mapped.stderr);
		await using other = await Container.launch(['sleep', '5'], { network: 'bridge=other', name: 'hosts-other' });
		const { stdout } = await run(['cat', '/etc/hosts'], { network: 'bridge=other' });
		t.match(stdout, `${other.address}\thosts-other\n`);
		t.notMatch(stdout, 'hosts-server');
	}
	const own = (name: string) => name.startsWith(`${process.pid}-`) && name.endsWith('.hosts');
	t.notOk(readdirSync('/run/procready').some(own));
	t.strictSame(await leftoversAfter('no process'), []);
});
