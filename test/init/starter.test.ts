/** The starter: one process that forks the shims of several launches. The library's side is in ../system/starter.test.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import t from 'tap';
import { findProcess } from '../../controller/host/processes.js';
import { forEverybody } from '../support/everybody.js';
import { python, shim } from '../support/paths.js';
import { type Changes, converse, goodConfig, type RawChannel, rawChannel, turns } from '../support/raw-shim.js';

interface StarterOptions {
	sealed?: boolean;
	/** A command that it is started by, with its arguments. */
	under?: string[];
	uid?: number;
}

/** With the channel and the pipes of each launch; `letters` is what 0, 1 and 2 of the programs are. */
function start(count: number, letters: string, { sealed, under = [], uid }: StarterOptions = {}) {
	const pipes = letters.replace(/[^p]/g, '').length;
	const [command = '', ...args] = [
		...under,
		uid === undefined ? shim : forEverybody(shim),
		...(sealed ? ['--sealed'] : []),
		...['--starter', String(count), letters],
	];
	const starter = spawn(command, args, {
		stdio: ['ignore', 'ignore', 'ignore', ...new Array(count * (1 + pipes)).fill('pipe')],
		...(uid === undefined ? {} : { uid, gid: uid }),
	});
	const sockets = starter.stdio.slice(3) as unknown as Duplex[];
	const launches = Array.from({ length: count }, (_, i) => {
		const [channel, ...others] = sockets.slice(i * (1 + pipes), (i + 1) * (1 + pipes));
		return { shim: rawChannel(channel as Duplex), pipes: others };
	});
	return { process: starter, exit: once(starter, 'exit'), launches };
}

function begin({ shim }: { shim: RawChannel }, changes: Changes) {
	return converse(shim, turns, { ...goodConfig, ...changes });
}

t.test('each launch has its own pipes, and ends them when its program does', async (t) => {
	const { launches, exit } = start(3, 'ppp');
	for (const [i, { shim, pipes }] of launches.entries()) {
		const [stdin, stdout, stderr] = pipes as [Duplex, Duplex, Duplex];
		await begin({ shim }, { args: ['sh', '-c', `cat; echo error ${i} >&2; echo done`] });
		stdin.end(`input ${i}\n`);
		// to the end, while those of the others are open
		t.equal(await text(stdout), `input ${i}\ndone\n`);
		t.equal(await text(stderr), `error ${i}\n`);
		t.match(await shim.next(), { type: 'procExited', code: 0 });
	}
	for (const { shim } of launches) shim.destroy();
	t.strictSame(await exit, [0, null], 'it ends when there is nothing to do');
});

t.test('launches go in any order, at once, and some are not wanted', async (t) => {
	const { launches, exit } = start(20, 'npn');
	const order = launches.map((launch, i) => ({ ...launch, i })).reverse();
	const outputs = order.map(async ({ shim, pipes: [stdout], i }) => {
		if (i % 3 === 0) return shim.destroy();
		await begin({ shim }, { args: ['echo', String(i)] });
		t.equal(await text(stdout as Duplex), `${i}\n`);
		t.match(await shim.next(), { type: 'procExited', code: 0 });
		shim.destroy();
	});
	await Promise.all(outputs);
	t.strictSame(await exit, [0, null]);
});

t.test('a program has nothing of the starter, and the shim is as if started by itself', async (t) => {
	const { launches, process: starter, exit } = start(4, 'npn', { sealed: true });
	const launch = launches[2] as (typeof launches)[2];
	const script =
		'import os; print(sorted(os.listdir("/proc/self/fd")), open("/proc/self/fd/0").read() == "", flush=True)';
	const pid = (await begin(launch, { args: [python, '-c', `${script}; import time; time.sleep(1000)`] })) as number;
	const [line] = await once(launch.pipes[0] as Duplex, 'data');
	t.equal(String(line), "['0', '1', '2', '3'] True\n", '3 is that of listdir');
	t.match(readlinkSync(`/proc/${starter.pid}/exe`), /memfd/);
	const { stdout } = await execa('ps', ['-o', 'ppid=,sid=,comm=', '-p', String(pid)]);
	const outer = /^ *(\d+)/.exec(stdout)?.[1] as string;
	const { stdout: ofOuter } = await execa('ps', ['-o', 'ppid=,sid=,comm=', '-p', outer]);
	t.match(ofOuter.trim(), new RegExp(`^${starter.pid} +${outer} +procready-shim$`), 'a session of its own');
	for (const { shim } of launches) shim.destroy();
	await exit;
	t.notOk(findProcess(pid));
});

t.test('a controller that dies leaves nothing', async (t) => {
	const { launches, process: starter, exit } = start(4, 'nnn');
	const pids = [];
	for (const launch of launches.slice(0, 2)) pids.push(await begin(launch, { args: ['sleep', '1000'] }));
	for (const { shim } of launches) shim.destroy();
	t.strictSame(await exit, [0, null]);
	for (const pid of [...pids, starter.pid]) t.notOk(findProcess(pid as number));
});

t.test('what was started does not need the starter', async (t) => {
	const { launches, process: starter, exit } = start(2, 'npn');
	const [launch, other] = launches as [(typeof launches)[0], (typeof launches)[0]];
	await begin(launch, { args: ['sh', '-c', 'sleep 0.3; echo alive'] });
	starter.kill('SIGKILL');
	await exit;
	t.equal(await other.shim.next(), undefined, 'a launch to come sees the end');
	t.equal(await text(launch.pipes[0] as Duplex), 'alive\n');
	t.match(await launch.shim.next(), { type: 'procExited', code: 0 });
	launch.shim.destroy();
});

t.test('a launch that cannot be forked fails by itself', async (t) => {
	const uid = 64_321; // nobody else has processes of it
	const { launches, exit } = start(2, 'nnn', { uid, under: ['prlimit', '--nproc=1:1'] });
	for (const { shim } of launches) {
		shim.write('{}\n');
		t.match(await shim.next(), { type: 'procError', step: 'starter', errno: 11, message: /^fork: / });
		shim.destroy();
	}
	t.strictSame(await exit, [0, null]);
});

t.test('what it is started with is checked', async (t) => {
	for (const [count, letters, message] of [
		['0', 'nnn', /1 to 64/],
		['65', 'nnn', /1 to 64/],
		['4294967297', 'nnn', /1 to 64/],
		['1x', 'nnn', /1 to 64/],
		['1', 'nn', /three letters/],
		['1', 'nnx', /three letters/],
		['2', 'npp', /missing/],
	] as const) {
		const starter = spawn(shim, ['--starter', count, letters], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
		const alone = rawChannel(starter.stdio[3] as Duplex);
		t.match(await alone.next(), { type: 'procError', step: 'starter', message }, `${count} ${letters}`);
		alone.destroy();
		await once(starter, 'exit');
	}
	const { exitCode, stdout } = await execa(shim, ['--starter', '1'], { reject: false });
	t.equal(exitCode, 125);
	t.match(stdout, /^usage: /);
});
