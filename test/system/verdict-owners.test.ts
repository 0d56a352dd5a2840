/** Whose limit it was, on the real kernel: the container's, or that of a cgroup which the program has made; and who was killed. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { readKernelLog } from '../../controller/cgroup/kernel-log.js';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Options, type Result, run } from '../../controller/index.js';
import { probe } from '../support/paths.js';

const MiB = 2 ** 20;
const eat = `${probe} touch ${64 * MiB}`;
const places = readHost().hierarchies.filter(({ base }) => base !== undefined);
const isV2 = (controller: string) => places.some((one) => one.version === 2 && one.controllers.includes(controller));
/** The log tells who was killed; not everywhere may root read it. */
const canRead = readKernelLog([]) !== null;

/** `limit level path`, with a `!` where it was fatal and a `?` where that is not known. */
const causesOf = ({ verdict }: Result) =>
	verdict.causes.map(({ limit, level, path = '', fatal }) =>
		`${limit} ${level} ${path}`.trim().concat(fatal ? '!' : fatal === null ? '?' : ''),
	);

/** A cgroup below the container's, with all that is in the container moved into it. */
function makeBelow({ id, pid }: Container, name: string, files: Record<string, string>) {
	const made: string[] = [];
	for (const { version, base, controllers } of places) {
		const own = join(base as string, id);
		const used = controllers.filter((one) => one === 'memory' || one === 'pids');
		if (used.length === 0) continue;
		const path = join(own, name);
		mkdirSync(path);
		made.push(path);
		if (version === 2) {
			mkdirSync(join(own, 'rest')); // who has children with limits may have no processes
			writeFileSync(join(own, 'rest', 'cgroup.procs'), String(pid));
			writeFileSync(join(own, 'cgroup.subtree_control'), used.map((one) => `+${one}`).join(' '));
		}
		for (const [file, value] of Object.entries(files))
			if (used.some((one) => file.startsWith(one))) writeFileSync(join(path, file), value);
		writeFileSync(join(path, 'cgroup.procs'), String(pid));
	}
	return {
		remove() {
			for (const path of made) {
				writeFileSync(join(path, '..', isV2('memory') ? 'rest' : '', 'cgroup.procs'), String(pid));
				rmdirSync(path);
			}
		},
	};
}

/** Runs `script` in a cgroup below; with `isGone` that is removed before the end. */
async function inBelow(script: string, files: Record<string, string>, options: Options, isGone = false) {
	const program = ['sh', '-c', `echo; read go; ${script}; echo; read go; exit 0`];
	await using container = await Container.launch(program, { ...options, stdin: 'pipe' });
	const [stdin, stdout] = [container.stdin as Writable, container.stdout as Readable];
	stdin.on('error', () => {}); // it may end before it has read all
	await once(stdout, 'data');
	const below = makeBelow(container, 'sub', files);
	stdin.write('\n');
	await once(stdout, 'data');
	if (isGone) below.remove();
	stdin.write('\n');
	return container.wait();
}

const memory = (size: string): Record<string, string> =>
	isV2('memory') ? { 'memory.max': size, 'memory.swap.max': '0' } : { 'memory.limit_in_bytes': size };

t.test('a limit of memory of a cgroup below, and that of the container', async (t) => {
	const below = await inBelow(eat, memory('8M'), { limits: { memory: '400M' } });
	t.strictSame(causesOf(below), ['memory.max below /sub']);
	t.match(below.verdict.causes[0]?.sentence, /limit of 8 MiB of the cgroup \/sub below was exceeded/);
	t.equal(below.usage.memory.oomKills, 1);
	t.strictSame(causesOf(await inBelow(eat, memory('8M'), {})), ['memory.max below /sub'], 'without a limit of its own');
	const own = await inBelow(eat, {}, { limits: { memory: '16M' } });
	t.strictSame(causesOf(own), ['memory.max self']);
	t.equal(own.usage.memory.oomKills, 1);
	t.strictSame(causesOf(await inBelow('true', memory('8M'), { limits: { memory: '16M' } })), [], 'none is hit');
});

const isKept = isV2('memory') || canRead;

t.test('the same where the cgroup below is removed', { skip: !isKept && 'only the log would say it' }, async (t) => {
	const below = await inBelow(eat, memory('8M'), { limits: { memory: '400M' } }, true);
	const [one = '', ...more] = causesOf(below);
	t.match(
		one,
		isV2('memory') || (below.verdict.causes[0]?.victims?.length ?? 0) > 0 ? /^memory.max below( \/sub)?$/ : '',
	);
	t.strictSame(more, []);
	let own: string[] = [];
	for (let tries = 0; own.length === 0 && tries < 4; tries++) {
		own = causesOf(await inBelow(eat, {}, { limits: { memory: '16M' } }, true));
		if (own.length === 0) await sleep(5500); // the kernel names at most ten victims within five seconds, of all the host
	}
	t.strictSame(own, ['memory.max self']);
});

t.test('a limit of tasks of a cgroup below, and that of the container', async (t) => {
	const forks = `${probe} forks >&2`;
	const below = await inBelow(forks, { 'pids.max': '4' }, { limits: { pids: 50 } });
	t.strictSame(causesOf(below), ['pids.max below /sub']);
	t.match(below.verdict.causes[0]?.sentence, /limit of 4 tasks of the cgroup \/sub below was hit: 1 fork refused/);
	t.equal(below.usage.tasks.refused, 0);
	const own = await inBelow(forks, {}, { limits: { pids: 4 } });
	t.strictSame(causesOf(own), ['pids.max self']);
	t.equal(own.usage.tasks.refused, 1);
});

t.test('who was killed', { skip: !canRead && 'the log may not be read' }, async (t) => {
	const killed = await run([probe, 'touch', String(64 * MiB)], { limits: { memory: '16M' } });
	const [cause] = killed.verdict.causes;
	t.strictSame(causesOf(killed), ['memory.max self!']);
	for (const victim of cause?.victims ?? []) {
		t.match(victim, { name: 'probe', level: 'self', cgroup: '', program: true, oomScoreAdj: Number, pid: Number });
		t.ok((victim.rss ?? 0) > 8 * MiB && (victim.rss ?? 0) < 32 * MiB, String(victim.rss));
	}
	const child = await run(['sh', '-c', `${eat}; true`], { limits: { memory: '16M' } });
	for (const victim of child.verdict.causes[0]?.victims ?? []) t.match(victim, { name: 'probe', program: false });
});

t.test('a kill of another process is not that of the program', async (t) => {
	await using container = await Container.launch([probe, 'hold'], { limits: { memory: '24M' } });
	const execution = await container.exec([probe, 'touch', String(64 * MiB)]);
	t.match(await execution.wait(), { signal: 'SIGKILL' });
	process.kill(container.pid, 'SIGKILL'); // by somebody: not by this controller
	const result = await container.wait();
	// where many were killed a moment ago the log leaves out whose this one was
	const isKnown = (result.verdict.causes[0]?.victims?.length ?? 0) > 0;
	t.strictSame(causesOf(result), [isKnown ? 'memory.max self' : 'memory.max self?']);
	t.match(result.verdict.sentence, isKnown ? /somebody has sent it/ : /which of the two is not known/);
});

t.test('limits that the program sets itself', async (t) => {
	for (const [script, cause, sentence] of [
		['ulimit -t 1; while :; do :; done', 'RLIMIT_CPU self!', /^The hard limit of 1 s .*set itself/],
		['ulimit -S -t 1; while :; do :; done', 'RLIMIT_CPU self!', /^The limit of 1 s .*set itself/],
		['ulimit -f 1; exec head -c 100000 /dev/zero >file', 'RLIMIT_FSIZE self!', /beyond 512 bytes.*set itself/],
		['ulimit -t 5; kill -KILL $$', undefined, /somebody has sent it/],
		['ulimit -t 5; kill -XCPU $$', undefined, /its own doing, or somebody/],
	] as const) {
		const result = await run(['sh', '-c', script], { init: true, cwd: t.testdir({}) });
		t.strictSame(causesOf(result), cause ? [cause] : [], script);
		t.match(result.verdict.causes[0]?.sentence ?? result.verdict.sentence, sentence, script);
	}
});

const isOverlay = (path: string) =>
	execFileSync('stat', ['-f', '-c', '%T', path], { encoding: 'utf8' }) === 'overlayfs\n';

t.test('a tmpfs that is full at the end', async (t) => {
	const directory = mkdtempSync('/tmp/procready-test-'); // a path that can be followed without waiting
	t.teardown(() => rmdirSync(directory));
	const full = (script: string, options: Options = {}) =>
		run(['sh', '-c', script], {
			mounts: [{ destination: directory, type: 'tmpfs', options: ['size=64K'] }],
			env: { D: directory },
			...options,
		}).then(causesOf);
	// an overlay may have to ask a file system below it, which is not waited for: then nothing is known
	const isNamed = (causes: string[]) =>
		(isOverlay('/') && causes.length === 0) || causes.join() === `tmpfs self ${directory}`;
	t.ok(isNamed(await full('head -c 100K /dev/zero >$D/f')));
	t.ok(isNamed(await full('head -c 64K /dev/zero >$D/f')), 'to the last byte');
	t.strictSame(await full('head -c 60K /dev/zero >$D/f'), []);
	t.strictSame(await full('head -c 100K /dev/zero >$D/f; rm $D/f'), [], 'it has made room again');
	t.strictSame(await full('head -c 100K /dev/zero >$D/f; mount --bind /tmp $D'), [], 'covered');
	t.strictSame(await full('head -c 100K /dev/zero >$D/f', { asPid1: true }), [], 'nobody can say');
});

t.test('a limit that is set by its file is as good as its option', async (t) => {
	const file = isV2('memory') ? { set: { 'memory.max': '8M', 'memory.swap.max': 0 } } : { set: { 'memory.max': '8M' } };
	const result = await run([probe, 'touch', String(64 * MiB)], { limits: file });
	const limit = result.limits.find(({ limit }) => limit === 'memory.max');
	t.match(limit, { asked: String(8 * MiB), value: String(8 * MiB), rounded: false });
	t.match(result.verdict.causes[0]?.sentence, /limit of 8 MiB was exceeded/);
	if (!isV2('memory')) {
		const without = await run([probe, 'touch', String(64 * MiB)], { limits: { memory: '8M' } });
		t.equal(without.usage.memory.limitHits, null, 'the counter of v1 stands still');
	}
});
