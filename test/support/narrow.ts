/**
 * Programs of the 32 bits that the machine's processor also has, i386 or ARM: one system call, without arguments, and the
 * end: the status is 0, or the errno of the call. Written by hand, because no compiler for them need be there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

/** What elf(5) calls e_machine and e_flags, and the instructions for a call of a number below 256. */
interface Machine {
	machine: number;
	flags: number;
	instructions(number: number): string;
}

const hex = (number: number) => number.toString(16).padStart(2, '0');

const x86: Machine = {
	machine: 3,
	flags: 0,
	instructions: (number) =>
		// mov eax, number; int 0x80; neg eax; mov ebx, eax; jns exit; xor ebx, ebx; exit: mov eax, 1; int 0x80
		`b8${hex(number)}000000 cd80 f7d8 89c3 7902 31db b801000000 cd80`,
};

const arm: Machine = {
	machine: 40,
	flags: 0x05000000, // the fifth EABI: the kernel runs no older ones
	instructions: (number) =>
		// mov r7, number; svc 0; cmp r0, 0; movge r0, 0; rsblt r0, r0, 0; mov r7, 1; svc 0
		`${hex(number)}70a0e3 000000ef 000050e3 0000a0a3 000060b2 0170a0e3 000000ef`,
};

const directory = mkdtempSync(join(tmpdir(), 'procready-narrow-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** The path to one that makes the call of this number. */
export function narrowProgram(number: number): string {
	const { machine, flags, instructions } = process.arch === 'arm64' ? arm : x86;
	const code = Buffer.from(instructions(number).replaceAll(' ', ''), 'hex');
	const [start, entry] = [0x10000, 52 + 32];
	const elf = Buffer.alloc(entry + code.length);
	elf.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
	for (const [at, value] of [
		[16, 2], // e_type, ET_EXEC
		[18, machine],
		[40, 52], // e_ehsize
		[42, 32], // e_phentsize
		[44, 1], // e_phnum
	] as const)
		elf.writeUInt16LE(value, at);
	for (const [at, value] of [
		[20, 1], // e_version
		[24, start + entry], // e_entry
		[28, 52], // e_phoff
		[36, flags],
		[52, 1], // p_type, PT_LOAD
		[60, start], // p_vaddr
		[68, elf.length], // p_filesz
		[72, elf.length], // p_memsz
		[76, 5], // p_flags, PF_R | PF_X
		[80, 0x1000], // p_align
	] as const)
		elf.writeUInt32LE(value, at);
	elf.set(code, entry);
	const path = join(directory, String(number));
	writeFileSync(path, elf, { mode: 0o755 });
	return path;
}

const getpid = 20;

/** Why a test of them is left out, or false: a kernel may run none. */
export const noNarrow = spawnSync(narrowProgram(getpid)).status !== 0 && 'kernel: no programs of 32 bits';
