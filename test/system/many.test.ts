/** Many containers leave nothing, neither on the host nor in the controller. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { Container, run } from '../../controller/index.js';
import { bases, leftovers, leftoversAfter } from '../support/leftovers.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const mark = '86450.1';

/** What of this process could grow: how many files it has open, and children, zombies too. */
const held = () => ({ files: readdirSync('/proc/self/fd').length, children: childrenOf(process.pid).length });

function childrenOf(parent: number): string[] {
	return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && statusOf(pid).includes(`\nPPid:\t${parent}\n`));
}

function statusOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/status`, 'latin1');
	} catch {
		return ''; // it has ended
	}
}

/** The same as soon as it is what is expected; a starter ends shortly after the last of its containers. */
async function heldSoon(expected: ReturnType<typeof held>) {
	for (const end = Date.now() + 2000; Date.now() < end && !isDeepStrictEqual(held(), expected); ) await sleep(20);
	return held();
}

/** As many as there are launches of whole starters, so that the files of those that wait are as many as before. */
const [manyMore, atOnce] = [44 * 16, 7 * 16];

/** In bytes. What is collected late is not counted. */
async function memory() {
	for (let times = 0; times < 3; times++) {
		collectGarbage();
		await sleep(20);
	}
	const { heapUsed, external, rss } = process.memoryUsage();
	return { heap: heapUsed + external, rss };
}

const one = (i: number) => run(['echo', `many ${i}`], { limits: { pids: 4, memory: '64M' }, timeout: 60_000 });

async function runs(count: number): Promise<void> {
	for (let i = 0; i < count; i++) {
		const { stdout, exitCode } = await one(i);
		if (exitCode !== 0 || stdout !== `many ${i}\n`) throw new Error(`run ${i}: ${exitCode} ${stdout}`);
	}
}

async function basesGone(): Promise<string[]> {
	for (const end = Date.now() + 5000; bases.some((base) => existsSync(base)) && Date.now() < end; ) await sleep(20);
	return bases.filter((base) => existsSync(base));
}

t.test('1,000 containers one after another', async (t) => {
	await runs(300);
	const before = { ...(await memory()), ...held() };
	await runs(manyMore);
	const after = { ...(await memory()), ...(await heldSoon({ files: before.files, children: before.children })) };
	t.comment(`heap ${after.heap - before.heap}, rss ${after.rss - before.rss} bytes more`);
	t.ok(after.heap - before.heap < 1.4e6, 'what the controller remembers of a container is less than 2 kB');
	t.ok(after.rss - before.rss < 30e6, 'nor does the process grow otherwise');
	t.equal(after.files, before.files, 'no file stays open');
	t.equal(after.children, before.children, 'no process stays');
	t.strictSame(leftovers('echo many'), [], 'no directory stays');
	t.strictSame(await basesGone(), [], 'nor those that hold the directories of containers');
});

t.test('112 containers at once', async (t) => {
	await one(0);
	const before = held();
	const containers = await Promise.all(
		Array.from({ length: atOnce }, () => Container.launch(['sleep', mark], { limits: { pids: 1 } })),
	);
	t.equal(new Set(containers.map(({ pid }) => pid)).size, atOnce);
	const directories = leftovers('no process').length;
	t.ok(directories > 0 && directories % atOnce === 0, 'each has its directories');
	for (const container of containers) container.kill();
	const results = await Promise.all(containers.map((container) => container.wait()));
	t.ok(results.every(({ signal }) => signal === 'SIGKILL'));
	t.strictSame(await leftoversAfter(mark), []);
	t.strictSame(await heldSoon(before), before);
	t.strictSame(await basesGone(), []);
});
