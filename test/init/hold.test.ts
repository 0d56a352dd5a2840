/** An init that is held: it outlives the outer, and who lets it go later hears what became of it. */
import { spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readlinkSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { findProcess } from '../../controller/host/processes.js';
import { type Changes, converse, goodConfig, rawShim } from '../support/raw-shim.js';

/** A shim whose init has said procReady. */
async function ready(t: Test, changes: Changes = {}) {
	const hold = mkdtempSync(join(tmpdir(), 'procready-hold-'));
	const shim = rawShim({ stdio: ['ignore', 'ignore', 'inherit'] });
	const pid = (await converse(shim, 3, { ...goodConfig, ...changes, hold }).catch(async (error) => {
		await shim.close(); // it waits for that
		rmSync(hold, { recursive: true });
		throw error;
	})) as number;
	t.teardown(() => {
		rmSync(hold, { recursive: true });
		if (isThere(pid)) process.kill(pid, 'SIGKILL');
	});
	return { shim, hold, pid };
}

/** The same, left to whoever has its FIFOs. */
async function held(t: Test, changes: Changes = {}) {
	const { shim, hold, pid } = await ready(t, changes);
	shim.write('{"type":"procHold"}\n');
	t.match(await shim.next(), { type: 'procHeld' });
	t.strictSame(await shim.close(), { code: 0, signal: null });
	return { hold, pid };
}

const isThere = (pid: number) => findProcess(pid)?.hasEnded === false;

async function until(what: () => boolean): Promise<boolean> {
	for (let tries = 0; tries < 400 && !what(); tries++) await sleep(5);
	return what();
}

/** Writes procRun and returns all that the init says, up to the end of its FIFO. */
async function letGo(hold: string): Promise<string> {
	const answer = openSync(join(hold, 'answer'), constants.O_RDONLY | constants.O_NONBLOCK);
	const start = openSync(join(hold, 'start'), constants.O_WRONLY | constants.O_NONBLOCK);
	const buffer = Buffer.alloc(4096);
	let said = '';
	try {
		writeSync(start, '{"type":"procRun"}\n');
		for (let length = -1; length !== 0; ) {
			length = tryRead(answer, buffer);
			if (length > 0) said += buffer.toString('utf8', 0, length);
			else if (length < 0) await sleep(2);
		}
		return said;
	} finally {
		closeSync(start);
		closeSync(answer);
	}
}

/** -1: nothing yet. */
function tryRead(file: number, buffer: Buffer): number {
	try {
		return readSync(file, buffer);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return -1;
		throw error;
	}
}

t.test('it lives on without the outer, under another parent, and becomes the program when it is let go', async (t) => {
	const { hold, pid } = await held(t, { args: ['sleep', '86471'] });
	t.match(findProcess(pid), { hasEnded: false, hasExeced: false });
	t.not(findProcess(pid)?.parent, process.pid, 'the outer was our child, and is gone');
	t.equal(await letGo(hold), '');
	t.ok(findProcess(pid)?.hasExeced);
	t.ok(isThere(pid));
});

t.test('also one that changes its user, or has joined a namespace', async (t) => {
	const other = spawn('unshare', ['-u', 'sleep', '86471']);
	t.teardown(() => other.kill('SIGKILL'));
	await until(() => readlinkSync(`/proc/${other.pid}/ns/uts`) !== readlinkSync('/proc/self/ns/uts'));
	for (const changes of [
		{ user: { uid: 1000, gid: 1000 } },
		{ namespaces: { pid: 'new', mount: 'new', uts: `/proc/${other.pid}/ns/uts` } },
	] as Changes[]) {
		const { hold, pid } = await held(t, { ...changes, args: ['sleep', '86471'] });
		t.equal(await letGo(hold), '');
		t.ok(isThere(pid));
	}
});

t.test('what goes wrong later is told to who lets it go', async (t) => {
	const { hold, pid } = await held(t, { args: ['sleep', '1'], cwd: '/nonexistent' });
	t.match(JSON.parse(await letGo(hold)), { type: 'procError', step: 'cwd', errno: 2 });
	t.ok(await until(() => !isThere(pid)));
});

t.test('a command that is not there is said before it is held', async (t) => {
	for (const args of [['/nonexistent/program'], ['nonesuch']])
		await t.rejects(ready(t, { args }), /procReady expected, not .*"step":"command","errno":2/);
});

t.test('nobody finds the FIFOs in the program', async (t) => {
	const { hold, pid } = await held(t, { args: ['sleep', '86471'] });
	await letGo(hold);
	t.throws(() => openSync(join(hold, 'start'), constants.O_WRONLY | constants.O_NONBLOCK), { code: 'ENXIO' });
	t.ok(isThere(pid));
});

t.test('before procHeld it ends with the channel, and with the outer', async (t) => {
	const one = await ready(t);
	await one.shim.close();
	t.ok(await until(() => !isThere(one.pid)));
	const other = await ready(t);
	other.shim.process.kill('SIGKILL');
	t.ok(await until(() => !isThere(other.pid)));
});

t.test('a controller that dies as it sends procHold leaves nothing', async (t) => {
	const { shim, pid } = await ready(t);
	shim.process.kill('SIGSTOP'); // the outer sees the byte of the init and the end of the channel together
	shim.write('{"type":"procHold"}\n');
	await sleep(50);
	const closed = shim.close();
	shim.process.kill('SIGCONT');
	await closed;
	t.ok(await until(() => !isThere(pid)));
});

t.test('what needs an outer cannot be held', async (t) => {
	for (const changes of [{ forks: {} }, { parentDeathSignal: 15 }, { process1: true }] as Changes[]) {
		const hold = mkdtempSync(join(tmpdir(), 'procready-hold-'));
		t.teardown(() => rmSync(hold, { recursive: true }));
		const shim = rawShim({ sealed: changes.process1 });
		shim.write(`${JSON.stringify({ ...goodConfig, ...changes, hold })}\n{"type":"procCreate"}\n`);
		t.match(await shim.next(), { type: 'procError', step: 'hold-open' });
		await shim.close();
	}
});
