/** containerd with this runtime, and with crun, by ctr(8): all comes to the same. As with podman, where the v2 hierarchy is not mounted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { removeCgroups, runtime, withEngines } from '../support/oci.js';
import { makeRootfs } from '../support/rootfs.js';

/** In the script `c` is ctr, and R what runs the root file system. */
const script = `
c run --rm $R h1 /bin/echo hello; echo $?
c run --rm $R h2 /bin/sh -c "exit 7"; echo $?
c run -d $R h3 /bin/sleep 50; echo $?
c task exec --exec-id e1 h3 /bin/id -u; echo $?
c task exec --exec-id e2 h3 /bin/sh -c 'exit 5'; echo $?
c task pause h3; c task ls | grep -o PAUSED; c task resume h3; c task ls | grep -o RUNNING
c task metrics h3 | grep pids.current; c task ps h3 | wc -l
c task kill -s KILL h3; until c task ls | grep -q STOPPED; do sleep 0.1; done; c task rm h3; echo $?; c c rm h3
c run --rm --memory-limit 1048576 $R h4 /bin/true; echo $?
c run --rm --cpus 0.5 --env A=1 --cwd /tmp $R h5 /bin/sh -c 'echo $A $PWD'
c run --rm $R h6 /bin/nonesuch; echo $?
c run --rm --read-only $R h7 /bin/touch /x; echo $?
c run --rm --privileged $R h8 /bin/true; echo $?
c run --rm -t $R h9 /bin/sh -c 'test -t 0'; echo $?
c c ls -q | wc -l
`;

/** Of containerd, which is also the name of the cgroup above those of its containers. */
const namespace = `procready-ctr-${process.pid}`;

async function containerd(which: string, rootfs: string): Promise<string> {
	const directory = mkdtempSync(join(tmpdir(), 'procready-containerd-'));
	const config = join(directory, 'config.toml');
	const disabled = ['grpc.v1.cri', ...['btrfs', 'zfs', 'aufs', 'devmapper'].map((name) => `snapshotter.v1.${name}`)];
	writeFileSync(
		config,
		`version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = [${disabled.map((name) => `"io.containerd.${name}"`).join()}]
[grpc]
  address = "${directory}/socket"
`,
	);
	const whole = `containerd --config ${config} >${directory}/log 2>&1 </dev/null & daemon=$!
c() { ctr --address ${directory}/socket --namespace ${namespace} "$@" </dev/null 2>/dev/null; }
until c version >/dev/null; do kill -0 $daemon || exit 9; sleep 0.1; done
R="--runc-binary ${which} --rootfs ${rootfs}"
${script}
kill $daemon; wait $daemon`;
	const { stdout } = await withEngines(directory, whole);
	rmSync(directory, { recursive: true });
	return stdout;
}

t.test('run, exec, pause, metrics, kill', async (t) => {
	const rootfs = makeRootfs();
	t.teardown(() => rootfs.remove());
	const ours = await containerd(runtime, rootfs.path);
	t.match(ours, /^hello\n0\n7\n0\n0\n0\n5\nPAUSED\nRUNNING\n/);
	t.equal(ours, await containerd('/usr/bin/crun', rootfs.path), 'as with crun');
	removeCgroups(namespace);
});
