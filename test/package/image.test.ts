/** The image: its size, and that a container that has nothing else runs programs under limits, as a CI job does. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { top, version } from '../support/paths.js';

const layout = join(top, 'dist/image');
const json = (digest: string) => JSON.parse(readFileSync(join(layout, 'blobs', digest.replace(':', '/')), 'utf8'));

t.test('at most 60 MB to fetch', (t) => {
	const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
	t.equal(manifests.length, 1);
	t.strictSame(manifests[0].annotations, { 'org.opencontainers.image.ref.name': version });
	const { layers, config } = json(manifests[0].digest);
	const size = layers.reduce((sum: number, layer: { size: number }) => sum + layer.size, 0);
	t.ok(size > 1_000_000 && size <= 60_000_000, `${size} bytes`);
	t.match(json(config.digest), { os: 'linux', config: { Cmd: ['procready', '--help'] } });
	t.end();
});

t.test('inside, with the cgroups of the host, as a privileged job', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-image-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	await execa('umoci', ['unpack', '--image', `${layout}:${version}`, join(directory, 'bundle')]);
	const root = join(directory, 'bundle/rootfs');
	// its root is a mount point, as that of every container is
	const enter = `mount --bind ${root} ${root}; cd ${root}; for d in dev proc sys; do mount --rbind /$d $d; done; pivot_root . tmp`;
	const inside = (script: string) =>
		execa('unshare', ['--mount', 'sh', '-c', `${enter}; exec chroot . sh -c '/bin/umount -l /tmp; ${script}'`], {
			env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' },
			...{ extendEnv: false, reject: false, all: true },
		});
	t.match(await inside('procready run --pids-max 1 -- sh -c "true & wait"'), {
		exitCode: 2,
		all: 'pids.max: The limit of 1 task was hit: 1 fork refused.',
	});
	t.match(await inside('procready --version; node -p process.arch'), {
		exitCode: 0,
		stdout: `procready ${version}\n${process.arch}`,
	});
});
