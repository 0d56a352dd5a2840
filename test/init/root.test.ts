/** The small root file systems of the tests. */
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { makeRootfs } from '../support/rootfs.js';

t.test('a root file system of its own', async (t) => {
	const rootfs = makeRootfs();
	t.match(readFileSync(`${rootfs.path}/etc/passwd`, 'utf8'), /^user:x:1000:/m);
	t.ok(existsSync(`${rootfs.path}/bin/sh`));
	rootfs.remove();
	t.notOk(existsSync(rootfs.path));
});
