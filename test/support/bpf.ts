/** What a seccomp filter says of a system call: the kernel's interpreter, as far as libseccomp uses it. */
import { endianness } from 'node:os';

export interface Call {
	/** AUDIT_ARCH_* of <linux/audit.h>. */
	arch: number;
	number: number;
	args?: bigint[];
}

/** Operations of <linux/filter.h>, with their sizes and modes. */
const [LD, JA, JEQ, JGT, JGE, JSET, AND, RET] = [0x20, 0x05, 0x15, 0x25, 0x35, 0x45, 0x54, 0x06];

const jumps = new Map([
	[JEQ, (a: number, k: number) => a === k],
	[JGT, (a: number, k: number) => a > k],
	[JGE, (a: number, k: number) => a >= k],
	[JSET, (a: number, k: number) => (a & k) !== 0],
]);

/** Like `ERRNO 1` or `KILL_PROCESS`. `filter` is that of an init config. */
export function judge(filter: string, call: Call): string {
	if (endianness() !== 'LE') throw new Error('written for little-endian machines');
	const program = Buffer.from(filter, 'hex');
	const data = dataOf(call);
	let accumulator = 0;
	for (let at = 0; at < program.length; at += 8) {
		const [code, k] = [program.readUInt16LE(at), program.readUInt32LE(at + 4)];
		if (code === RET) return nameOf(k);
		if (code === LD) accumulator = data.readUInt32LE(k);
		else if (code === AND) accumulator = (accumulator & k) >>> 0;
		else if (code === JA) at += k * 8;
		else at += program.readUInt8(at + (holds(code, accumulator, k) ? 2 : 3)) * 8;
	}
	throw new Error('the filter has no end');
}

function holds(code: number, accumulator: number, k: number): boolean {
	const jump = jumps.get(code);
	if (!jump) throw new Error(`instruction ${code.toString(16)}`);
	return jump(accumulator, k);
}

/** struct seccomp_data of <linux/seccomp.h>. */
function dataOf({ arch, number, args = [] }: Call): Buffer {
	const data = Buffer.alloc(64);
	data.writeUInt32LE(number, 0);
	data.writeUInt32LE(arch, 4);
	for (const [i, arg] of args.entries()) data.writeBigUInt64LE(arg, 16 + i * 8);
	return data;
}

const actions = new Map([
	[0x80000000, 'KILL_PROCESS'],
	[0x00000000, 'KILL_THREAD'],
	[0x00030000, 'TRAP'],
	[0x00050000, 'ERRNO'],
	[0x7ff00000, 'TRACE'],
	[0x7ffc0000, 'LOG'],
	[0x7fff0000, 'ALLOW'],
]);

function nameOf(value: number): string {
	const action = actions.get((value & 0xffff0000) >>> 0);
	const number = value & 0xffff;
	if (!action) throw new Error(`action ${value.toString(16)}`);
	return action === 'ERRNO' || action === 'TRACE' ? `${action} ${number}` : action;
}

const numbersOf = {
	x64: { read: 0, ioctl: 16, socket: 41, clone: 56, ptrace: 101, personality: 135, mkdirat: 258, clone3: 435 },
	arm64: { read: 63, ioctl: 29, socket: 198, clone: 220, ptrace: 117, personality: 92, mkdirat: 34, clone3: 435 },
};

/** Of this machine. */
export const native = process.arch === 'arm64' ? 0xc00000b7 : 0xc000003e;
export const numbers = numbersOf[process.arch as keyof typeof numbersOf];
/** Of the same machine's 32 bits, and the number of read(2) there. */
export const narrow =
	process.arch === 'arm64'
		? { name: 'SCMP_ARCH_ARM', arch: 0x40000028, read: 3 }
		: { name: 'SCMP_ARCH_X86', arch: 0x40000003, read: 3 };
