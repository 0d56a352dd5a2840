/**
 * Device rules as cgroup v2 wants them: an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE, which says of each access
 * whether it is allowed. https://docs.kernel.org/bpf/, Documentation/bpf/prog_cgroup_device, include/uapi/linux/bpf.h
 */
import { hexadecimal } from '../model/bytes.js';
import type { DeviceRule } from '../model/resources.js';

/** struct bpf_insn: code, registers, offset, immediate. */
type Instruction = [code: number, destination: number, source: number, offset: number, immediate: number];

const [r0, r1, r2, r3, r4, r5] = [0, 1, 2, 3, 4, 5];

/** Of BPF_LDX, BPF_ALU, BPF_JMP. */
const loadWord = (to: number, from: number, offset: number): Instruction => [0x61, to, from, offset, 0];
const move = (to: number, immediate: number): Instruction => [0xb7, to, 0, 0, immediate];
const moveRegister = (to: number, from: number): Instruction => [0xbf, to, from, 0, 0];
const and = (to: number, immediate: number): Instruction => [0x57, to, 0, 0, immediate];
const shiftRight = (to: number, immediate: number): Instruction => [0x77, to, 0, 0, immediate];
const skipUnlessEqual = (register: number, immediate: number, skip: number): Instruction => [
	0x55,
	register,
	0,
	skip,
	immediate,
];
const skipIfEqual = (register: number, immediate: number, skip: number): Instruction => [
	0x15,
	register,
	0,
	skip,
	immediate,
];
const skipUnlessSame = (register: number, other: number, skip: number): Instruction => [0x5d, register, other, skip, 0];
const exit: Instruction = [0x95, 0, 0, 0, 0];

/** BPF_DEVCG_DEV_*, BPF_DEVCG_ACC_*. */
const types = { b: 1, c: 2 } as const;
const accesses = { m: 1, r: 2, w: 4 } as const;
const everyAccess = 7;

/**
 * In lower-case hexadecimal, as it lies in memory of a little-endian machine. Rules apply one after the other, so they are
 * tried from the last to the first; what none of them names is allowed, as in a cgroup without rules. Behind a rule for
 * every access there is nothing more: the kernel refuses instructions that are never reached.
 */
export function deviceProgram(rules: readonly DeviceRule[]): string {
	const last = rules.findLastIndex(isForAll);
	const program: Instruction[] = [
		loadWord(r2, r1, 0), // struct bpf_cgroup_dev_ctx: access << 16 | type
		moveRegister(r3, r2),
		and(r2, 0xffff),
		shiftRight(r3, 16),
		loadWord(r4, r1, 4), // major
		loadWord(r5, r1, 8), // minor
		...rules.slice(Math.max(last, 0)).toReversed().flatMap(ruleInstructions),
		...(last < 0 ? [move(r0, 1), exit] : []),
	];
	return program.map((instruction) => hexadecimal(encode(instruction))).join('');
}

function isForAll({ type = 'a', access = 'rwm' }: DeviceRule): boolean {
	return type === 'a' && maskOf(access) === everyAccess;
}

function maskOf(access: string): number {
	return [...access].reduce((bits, letter) => bits | accesses[letter as keyof typeof accesses], 0);
}

/** Each condition skips what is left of the rule. */
function ruleInstructions({ allow, type = 'a', major, minor, access = 'rwm' }: DeviceRule): Instruction[] {
	const mask = maskOf(access);
	const decide: Instruction[] = [move(r0, allow ? 1 : 0), exit];
	const conditions: ((skip: number) => Instruction[])[] = [];
	if (type !== 'a') conditions.push((skip) => [skipUnlessEqual(r2, types[type], skip)]);
	if (mask !== everyAccess) {
		// allowed is what the rule names entirely, denied what it names in part
		const compare = (skip: number) => (allow ? skipUnlessSame(r1, r3, skip) : skipIfEqual(r1, 0, skip));
		conditions.push((skip) => [moveRegister(r1, r3), and(r1, mask), compare(skip)]);
	}
	if (type !== 'a' && isOne(major)) conditions.push((skip) => [skipUnlessEqual(r4, major, skip)]);
	if (type !== 'a' && isOne(minor)) conditions.push((skip) => [skipUnlessEqual(r5, minor, skip)]);
	let instructions = decide;
	for (const condition of conditions.toReversed()) instructions = [...condition(instructions.length), ...instructions];
	return instructions;
}

/** OCI: absent, or negative in what older engines write, is any. */
function isOne(number: number | undefined): number is number {
	return number !== undefined && number >= 0;
}

function encode([code, destination, source, offset, immediate]: Instruction): Uint8Array {
	const bytes = new DataView(new ArrayBuffer(8));
	bytes.setUint8(0, code);
	bytes.setUint8(1, (source << 4) | destination);
	bytes.setInt16(2, offset, true);
	bytes.setInt32(4, immediate, true);
	return new Uint8Array(bytes.buffer);
}

/** The same for devices.deny and devices.allow of v1: a line a rule. */
export function v1DeviceRules(rules: readonly DeviceRule[]): { file: string; value: string }[] {
	return rules.map(({ allow, type = 'a', major, minor, access = 'rwm' }) => ({
		file: allow ? 'devices.allow' : 'devices.deny',
		value: type === 'a' ? 'a' : `${type} ${isOne(major) ? major : '*'}:${isOne(minor) ? minor : '*'} ${access}`,
	}));
}
