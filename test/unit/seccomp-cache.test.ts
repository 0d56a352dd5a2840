/** Filters that were compiled before: of which content they are, and who could have written them. */
import {
	chmodSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SeccompProfile } from '../../controller/model/seccomp-profile.js';
import { readCached, writeCached } from '../../controller/seccomp/cache.js';
import { usual } from '../fixtures/seccomp/usual.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-seccomp-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** As in a process that has compiled nothing yet. */
async function afresh(cache: string, profile: SeccompProfile = usual) {
	const again: typeof import('../../controller/seccomp/compile.js') = await import(
		`../../controller/seccomp/compile.js?${Math.random()}`
	);
	return again.compileSeccomp(profile, { cache });
}

t.test('a filter is compiled once for each content, and then found on disk', async (t) => {
	const cache = join(directory, 'once');
	const { filter } = await afresh(cache);
	const [key, ...others] = readdirSync(cache) as [string];
	t.match(key, /^[0-9a-f]{64}$/);
	t.strictSame(others, [], 'nothing else is left there');
	t.strictSame([statSync(cache).mode & 0o777, statSync(join(cache, key)).mode & 0o777], [0o700, 0o600]);
	const planted = filter.slice(0, 16);
	writeCached(cache, key, { filter: planted, unknown: [] });
	t.equal((await afresh(cache)).filter, planted, 'the same profile');
	t.equal((await afresh(cache, { ...usual, flags: [] })).filter, planted, 'flags are not in the filter');
	t.not((await afresh(cache, { ...usual, defaultErrnoRet: 2 })).filter, planted, 'another profile');
	t.equal(readdirSync(cache).length, 2);
	writeFileSync(join(cache, key), '{"filter":"06');
	t.equal((await afresh(cache)).filter, filter, 'half a file is compiled again');
});

t.test('a cache that others can write to is not used', async (t) => {
	const compiled = { filter: '06000000ffff7f00', unknown: [] };
	const untrusted: [string, (cache: string) => void][] = [
		['a directory that others can write to', (cache) => chmodSync(cache, 0o702)],
		['a directory that its group can write to', (cache) => chmodSync(cache, 0o720)],
		['a file that others can write to', (cache) => chmodSync(join(cache, 'key'), 0o602)],
		[
			'a symbolic link to a file',
			(cache) => {
				writeFileSync(join(cache, 'other'), readFileSync(join(cache, 'key')));
				rmSync(join(cache, 'key'));
				symlinkSync('other', join(cache, 'key'));
			},
		],
	];
	for (const [name, spoil] of untrusted) {
		const cache = mkdtempSync(join(directory, 'untrusted-'));
		writeCached(cache, 'key', compiled);
		t.strictSame(readCached(cache, 'key'), compiled);
		spoil(cache);
		t.equal(readCached(cache, 'key'), undefined, name);
	}
	const link = join(directory, 'link');
	symlinkSync(mkdtempSync(join(directory, 'target-')), link);
	writeCached(link, 'key', compiled);
	t.equal(readCached(link, 'key'), undefined, 'a symbolic link to a directory');
	const open = mkdtempSync(join(directory, 'open-'));
	chmodSync(open, 0o777);
	writeCached(open, 'key', compiled);
	t.strictSame(readdirSync(open), [], 'nor is it written');
});

t.test('a cache that cannot be written is no error', async (t) => {
	const file = join(directory, 'file');
	writeFileSync(file, '');
	t.match((await afresh(join(file, 'cache'))).filter, /^[0-9a-f]+$/);
});

t.test('the cache does not grow for ever', async (t) => {
	const cache = join(directory, 'bounded');
	for (let i = 0; i < 70; i++) writeCached(cache, `key${i}`, { filter: '06000000ffff7f00', unknown: [] });
	t.equal(readdirSync(cache).length, 64);
	t.ok(readCached(cache, 'key69'), 'the newest stay');
});

t.test('without the compiler the error says what to build', async (t) => {
	process.env.PROCREADY_SECCOMP = '/nonexistent/procready-seccomp';
	t.teardown(() => delete process.env.PROCREADY_SECCOMP);
	await t.rejects(afresh(directory), {
		code: 'seccomp-missing',
		errno: 'ENOENT',
		message:
			'cannot start /nonexistent/procready-seccomp: no such file or directory (ENOENT); install procready again, or build it with make',
	});
});
