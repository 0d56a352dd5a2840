/** What a program gets when the controller lets go of it. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openTerminal } from '../support/console.js';
import { type Changes, converse, goodConfig, rawShim, turns } from '../support/raw-shim.js';

/** Starts a script that prints `ready`, closes the channel, and gives what it printed after that. */
async function letGo(script: string, changes: Changes) {
	const shim = rawShim({ stdio: ['ignore', 'pipe', 'inherit'], sealed: changes.process1 });
	let printed = '';
	const ready = new Promise<void>((resolve) =>
		shim.process.stdout?.on('data', (chunk) => {
			printed += chunk;
			if (printed.includes('ready')) resolve();
		}),
	);
	const pid = await converse(shim, turns, { ...goodConfig, args: ['sh', '-c', script], ...changes });
	await ready;
	const { code } = await shim.close();
	return { printed: printed.replace('ready\n', ''), code, pid };
}

const saying = (signal: string) =>
	`trap "echo got ${signal}; exit" ${signal}; echo ready; while :; do sleep 0.01; done`;
const deaf = 'trap "" TERM; echo ready; while :; do sleep 0.01; done';

for (const [name, changes] of [
	['', {}],
	[', with a process 1 of ours', { process1: true }],
	[', without a pid namespace', { namespaces: { mount: 'new' } }],
] as const) {
	t.test(`the program gets the signal and time to react${name}`, async (t) => {
		t.match(await letGo(saying('TERM'), { ...changes, parentDeathSignal: 15 }), { printed: 'got TERM\n', code: 0 });
		t.match(await letGo(saying('USR1'), { ...changes, parentDeathSignal: 10 }), { printed: 'got USR1\n', code: 0 });
	});

	t.test(`one that does not react is killed${name}`, async (t) => {
		const { pid, code } = await letGo(deaf, { ...changes, parentDeathSignal: 15 });
		for (let tries = 0; tries < 100 && existsSync(`/proc/${pid}`); tries++) await sleep(20);
		t.notOk(existsSync(`/proc/${pid}`));
		t.equal(code, 0);
	});

	t.test(`without a signal it is SIGKILL at once${name}`, async (t) => {
		t.match(await letGo(saying('TERM'), changes), { printed: '', code: 0 });
	});
}

t.test('before the program runs nothing is waited for', async (t) => {
	for (const turn of [1, 2, 3]) {
		const shim = rawShim();
		const pid = await converse(shim, turn, { ...goodConfig, parentDeathSignal: 18 });
		await shim.close();
		t.notOk(pid !== undefined && existsSync(`/proc/${pid}`), `after ${turn} turns`);
	}
});

t.test('what it prints to its terminal meanwhile still comes', async (t) => {
	const terminal = await openTerminal({ args: ['sh', '-c', saying('TERM')], parentDeathSignal: 15 });
	await terminal.until(/ready/);
	await terminal.shim.close();
	await terminal.ended;
	t.match(terminal.printed(), /got TERM\r\n$/);
});
