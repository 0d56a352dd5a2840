/** What an ELF file of 64 bits says of itself, elf(5). */

export const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3] as const;

/** The types of its program headers. */
export function segments(elf: Buffer): number[] {
	const [start, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
	return Array.from({ length: count }, (_, i) => elf.readUInt32LE(start + i * size));
}

/** Of Linux on x86-64 it is 62, on arm64 183. */
export function machineOf(elf: Buffer): number {
	return elf.readUInt16LE(18);
}
