/** Files of which something is expected: large ones, and what is no file. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { RunResult } from '../../controller/container/run.js';
import { check, type Files } from '../../controller/harness/expect/check.js';
import type { FileTests } from '../../controller/harness/expect/expectations.js';
import { readFiles } from '../../controller/harness/expect/files.js';
import { readBounded } from '../../controller/host/node/read-bounded.js';

const MiB = 2 ** 20;
const longest = 16 * MiB;

function sentences(files: Files, expected: Record<string, string | FileTests>): string[] {
	return check({ verdict: 'any', files: expected }, { verdict: { outcome: 'passed' } } as RunResult, files).map(
		({ sentence }) => sentence,
	);
}

t.test('a sparse file of 5 GiB: its size is known, and only its beginning is read', async (t) => {
	const dir = t.testdir({ large: 'begin', limit: 'begin', over: 'begin', under: 'begin' });
	for (const [name, size] of [
		['large', 5 * 1024 * MiB],
		['limit', longest],
		['over', longest + 1],
		['under', longest - 1],
	] as const)
		truncateSync(`${dir}/${name}`, size);
	const files = readFiles(['large', 'limit', 'over', 'under'], dir);
	const kept = (name: string) => (files[name] as { text: string }).text.length;
	t.strictSame([kept('under'), kept('limit'), kept('over'), kept('large')], [longest - 1, longest, longest, longest]);
	t.strictSame(
		sentences(files, { large: { size: '5G', contains: 'begin' }, over: { size: longest + 1 }, limit: { lacks: 'x' } }),
		[],
	);
	t.match(sentences(files, { over: { lacks: 'x' }, large: { lines: 1 } }), [
		/^over was cut after 16 MiB of 16 MiB, .*: no more of a file is looked at\.$/,
		/^large was cut after 16 MiB of 5 GiB/,
	]);
});

t.test('what is no file is said, and never opened', async (t) => {
	const dir = t.testdir({ directory: {}, file: 'x', root: {} });
	execFileSync('mkfifo', [`${dir}/fifo`]);
	symlinkSync('/dev/zero', `${dir}/device`);
	symlinkSync('loop', `${dir}/loop`);
	symlinkSync('nothing', `${dir}/dangling`);
	symlinkSync('/etc/passwd', `${dir}/root/out`);
	const short = mkdtempSync(join(tmpdir(), 's')); // a name of a socket has 107 bytes at most: unix(7)
	const server = createServer().listen(`${short}/socket`);
	await new Promise((resolve) => server.once('listening', resolve));
	t.teardown(() => {
		server.close();
		rmSync(short, { recursive: true });
	});
	symlinkSync(`${short}/socket`, `${dir}/socket`);
	const names = ['directory', 'fifo', 'device', 'socket', 'loop', 'dangling', 'file/below', 'absent'];
	const files = readFiles(names, dir);
	t.strictSame(sentences(files, Object.fromEntries(names.map((name) => [name, 'x']))), [
		'directory was a directory, and a file was expected.',
		'fifo was a FIFO, and a file was expected.',
		'device was a device, and a file was expected.',
		'socket was a socket, and a file was expected.',
		'loop was something that cannot be read (ELOOP), and a file was expected.',
		'dangling was no file, and a file was expected.',
		'file/below was no file, and a file was expected.',
		'absent was no file, and a file was expected.',
	]);
	t.strictSame(
		sentences(files, Object.fromEntries(names.map((name) => [name, { exists: false }]))).map(
			(one) => one.split(' ')[0],
		),
		['directory', 'fifo', 'device', 'socket', 'loop'],
		'only what is not there does not exist',
	);
	t.match(sentences(readFiles(['out'], '/', `${dir}/root`), { out: 'x' }), [
		'out was a link that leads out of the root',
	]);
});

t.test('a file that may not be read is said', async (t) => {
	const dir = mkdtempSync('/tmp/procready-test-');
	t.teardown(() => rmSync(dir, { recursive: true }));
	chmodSync(dir, 0o755);
	writeFileSync(`${dir}/secret`, 'x', { mode: 0 });
	const isRoot = process.geteuid?.() === 0; // who may read everything
	if (isRoot) process.seteuid?.(65534);
	const files = readFiles(['secret'], dir);
	if (isRoot) process.seteuid?.(0);
	t.match(sentences(files, { secret: 'x' }), [/cannot be read \(EACCES\)/]);
});

t.test('a file of the kernel, whose size is told as 0, is read to its end or to the limit', async (t) => {
	const { bytes, size } = readBounded('/proc/self/status', longest) as { bytes: Buffer; size: number };
	t.match(bytes.toString(), /^Name:/);
	t.equal(size, bytes.length);
	t.match(readBounded('/proc/self/status', 10), { bytes: { length: 10 }, size: undefined });
});

t.test('no more is read than is wanted', async (t) => {
	const dir = t.testdir();
	for (const size of [0, 1, 9, 10, 11, 5000]) {
		writeFileSync(`${dir}/x`, 'x'.repeat(size));
		t.match(readBounded(`${dir}/x`, 10), { bytes: { length: Math.min(size, 10) }, size });
	}
});
