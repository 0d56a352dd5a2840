/** The compiled seccomp filter is loaded as it is, and binds the program from its exec on. */
import t from 'tap';
import type { InitConfig } from '../../controller/model/init-config.js';
import { probe, python } from '../support/paths.js';
import { run } from '../support/raw-shim.js';
import { seen } from '../support/see.js';

/** Of seccomp(2) and x86-64, arm64: the numbers of the calls that are used here. */
const calls = {
	x64: { uname: 63, execve: 59, sendto: 44, ioctl: 16 },
	arm64: { uname: 160, execve: 221, sendto: 206, ioctl: 29 },
};
const call = calls[process.arch as keyof typeof calls];

const [ALLOW, ERRNO, KILL] = [0x7fff0000, 0x00050000, 0x80000000];
const [LOAD, IF_EQUAL, RETURN] = [0x20, 0x15, 0x06];
/** struct seccomp_data: the low and the high half of an argument. */
const low = (argument: number) => 16 + 8 * argument;
const high = (argument: number) => low(argument) + 4;

/** One struct sock_filter in hexadecimal. */
function instruction(code: number, operand: number, ifTrue = 0, ifFalse = 0): string {
	const bytes = Buffer.alloc(8);
	bytes.writeUInt16LE(code, 0);
	bytes.writeUInt8(ifTrue, 2);
	bytes.writeUInt8(ifFalse, 3);
	bytes.writeUInt32LE(operand, 4);
	return bytes.toString('hex');
}

/** A filter that does `action` for some calls, and allows the others. */
const refusing = (action: number, ...numbers: number[]) =>
	[
		instruction(LOAD, 0),
		...numbers.map((number, i) => instruction(IF_EQUAL, number, numbers.length - i)),
		instruction(RETURN, ALLOW),
		instruction(RETURN, action),
	].join('');

/** A filter that does `action` for a call where a half of an argument has this value. */
const refusingHalf = (action: number, number: number, half: number, value: number) =>
	[
		instruction(LOAD, 0),
		instruction(IF_EQUAL, number, 0, 2),
		instruction(LOAD, half),
		instruction(IF_EQUAL, value, 1),
		instruction(RETURN, ALLOW),
		instruction(RETURN, action),
	].join('');

const runPython = (filter: string, script: string, changes: Partial<InitConfig> = {}) =>
	run({ args: [python, '-c', script], seccomp: { filter }, ...changes });

const uname = `
import os
try: os.uname(); print("allowed")
except OSError as error: print(error.errno)`;

for (const noNewPrivileges of [false, true]) {
	const name = noNewPrivileges ? 'with noNewPrivileges' : 'without';

	t.test(`a call is refused with the errno of the filter, ${name}`, async (t) => {
		const { stdout, last } = await runPython(refusing(ERRNO + 99, call.uname), uname, { noNewPrivileges });
		t.match(last, { type: 'procExited', code: 0 });
		t.equal(stdout, '99\n');
		t.equal((await runPython(refusing(ERRNO + 99, 9999), uname, { noNewPrivileges })).stdout, 'allowed\n');
	});

	t.test(`a call kills the program, ${name}`, async (t) => {
		const { last, stdout } = await runPython(refusing(KILL, call.uname), `print("before", flush=True)${uname}`, {
			noNewPrivileges,
		});
		t.equal(stdout, 'before\n');
		t.match(last, { type: 'procExited', signal: 31 });
	});

	t.test(`a filter that forbids execve is named, ${name}`, async (t) => {
		const refused = await runPython(refusing(ERRNO + 1, call.execve), '', { noNewPrivileges });
		t.match(refused.last, { type: 'procError', step: 'exec', errno: 1, message: /^exec .*Operation not permitted/ });
		const killed = await runPython(refusing(KILL, call.execve), '', { noNewPrivileges });
		t.match(killed.last, { type: 'procError', message: /seccomp filter killed the init .* must allow execve/ });
		const silent = await runPython(refusing(ERRNO + 1, call.execve, call.sendto), '', { noNewPrivileges });
		t.match(silent.last, { type: 'procError', message: /could not say why: its seccomp filter may forbid sendto/ });
	});
}

t.test('the program is under a filter, and the flags are taken', async (t) => {
	for (const flags of [undefined, ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'] as const]) {
		const filter = refusing(ERRNO + 99, call.uname);
		const { stdout } = await run({ args: [probe, 'see'], seccomp: { filter, ...(flags && { flags: [...flags] }) } });
		t.equal(seen(stdout).seccomp, 2, 'SECCOMP_MODE_FILTER');
	}
});

const TIOCSTI = 0x5412;
const ioctl = (request: string) => `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(ctypes.c_long(${call?.ioctl}), ctypes.c_long(-1), ctypes.c_ulong(${request}), ctypes.c_long(0))
print(ctypes.get_errno())`;

t.test('every bit of an argument reaches the filter: CVE-2019-10063', async (t) => {
	const EBADF = 9;
	const refusesLow = refusingHalf(ERRNO + 77, call.ioctl, low(1), TIOCSTI);
	t.equal((await runPython(refusesLow, ioctl('0x5412'))).stdout, '77\n');
	t.equal((await runPython(refusesLow, ioctl('0x100005412'))).stdout, '77\n', 'bits above change nothing');
	t.equal((await runPython(refusesLow, ioctl('0x5413'))).stdout, `${EBADF}\n`);
	const refusesHigh = refusingHalf(ERRNO + 78, call.ioctl, high(1), 0xffffffff);
	t.equal((await runPython(refusesHigh, ioctl('0xffffffff00005412'))).stdout, '78\n');
	t.equal((await runPython(refusesHigh, ioctl('0x5412'))).stdout, `${EBADF}\n`);
});

t.test('a filter of 4096 instructions is loaded to its last', async (t) => {
	const loads = Array(4096 - 4)
		.fill(instruction(LOAD, 0))
		.join('');
	const { stdout } = await runPython(loads + refusing(ERRNO + 99, call.uname), uname);
	t.equal(stdout, '99\n');
});

t.test('what is no program is refused', async (t) => {
	for (const filter of [instruction(LOAD, 0), instruction(0xffff, 0) + instruction(RETURN, ALLOW)])
		t.match((await runPython(filter, '')).last, {
			type: 'procError',
			step: 'seccomp-privileged',
			errno: 22,
			message: /^seccomp: the kernel finds the filter invalid/,
		});
});

t.test('a caller without root needs noNewPrivileges for it', async (t) => {
	const changes = { namespaces: {}, mounts: undefined, args: [probe, 'hold'] };
	const filter = refusing(ERRNO + 99, call.uname);
	t.match((await run({ ...changes, seccomp: { filter } }, { uid: 65534 })).last, {
		type: 'procError',
		step: 'seccomp-privileged',
		errno: 13,
		message: /needs noNewPrivileges, or CAP_SYS_ADMIN/,
	});
});
