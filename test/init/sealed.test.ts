/** The shim's own file cannot be changed by what it starts: it runs from a sealed copy where that is needed. */

import { readlinkSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import { shim } from '../support/paths.js';
import { goodConfig, rawShim, run } from '../support/raw-shim.js';

t.test('--sealed: the shim runs from a copy in memory, under its own name', async (t) => {
	const sealed = rawShim({ sealed: true });
	sealed.write(`${JSON.stringify(goodConfig)}\n{"type":"procCreate"}\n`);
	t.match(await sealed.next(), { type: 'procCreated' });
	t.match(readlinkSync(`/proc/${sealed.process.pid}/exe`), /^\/memfd:procready-shim/);
	t.match(await sealed.close(), { code: 0 });

	const plain = rawShim();
	plain.write(`${JSON.stringify(goodConfig)}\n{"type":"procCreate"}\n`);
	t.match(await plain.next(), { type: 'procCreated' });
	t.equal(readlinkSync(`/proc/${plain.process.pid}/exe`), shim, 'and without it from its file');
	await plain.close();
});

t.test('a container with a root of its own is refused to a shim that is not sealed', async (t) => {
	const { last } = await run({ root: { path: '/' } });
	t.match(last, { type: 'procError', step: 'sealed', errno: 0, message: /start it with --sealed/ });
});

t.test('so is a process that joins one', async (t) => {
	const { last } = await run({
		initType: 'setns',
		target: { pid: process.pid, startTime: 0 },
		namespaces: {},
		mounts: undefined,
	});
	t.match(last, { type: 'procError', step: 'sealed', errno: 0, message: /start it with --sealed/ });
});

t.test('no other option goes with --sealed', async (t) => {
	const { exitCode, stdout } = await execa(shim, ['--sealed', '--version'], { reject: false });
	t.equal(exitCode, 125);
	t.match(stdout, /^usage: /);
});
