/**
 * Which branches of the decoder the fuzzer has not reached, of what `llvm-cov export` says. Fails where there is one that is
 * not named here, or where fewer than 95 % were reached.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Branches that nothing reaches: the file, the condition, how it never is, and why. */
const unreachable: [file: string, condition: string, is: boolean, because: string][] = [
	['config.c', 'madvise(', true, 'madvise(2) of pages that are there does not fail'],
	['json.c', '(enum json_format)field->format', true, 'no format is other than the cases'],
	['json.c', '(enum json_kind)field->kind', true, 'no kind is other than the cases'],
	['json.c', 'r->slots_used == SLOTS', true, 'there are slots for each list at its longest, and no list comes twice'],
];

interface Export {
	data: { files: { filename: string; branches: [line: number, column: number, ...number[]][] }[] }[];
}

const exported: Export = JSON.parse(readFileSync(process.argv[2] as string, 'utf8'));
let [all, reached, unnamed] = [0, 0, 0];
for (const { filename, branches } of exported.data[0]?.files ?? []) {
	const lines = readFileSync(filename, 'utf8').split('\n');
	for (const [line, column, lastLine, lastColumn, whenTrue, whenFalse] of branches) {
		const isOneLine = line === lastLine;
		const condition = (lines[line - 1] ?? '').slice(column - 1, isOneLine ? Number(lastColumn) - 1 : undefined);
		for (const [is, count] of [
			[true, whenTrue],
			[false, whenFalse],
		] as const) {
			all++;
			if (count !== 0) {
				reached++;
				continue;
			}
			const known = unreachable.find(
				([file, start, value]) => file === basename(filename) && condition.startsWith(start) && value === is,
			);
			if (!known) unnamed++;
			console.log(
				`${basename(filename)}:${line}: never ${is}: ${condition}: ${known?.[3] ?? 'NOT NAMED in test/fuzz/branches.ts'}`,
			);
		}
	}
}
const percent = (100 * reached) / all;
console.log(`fuzz: ${reached} of ${all} branches reached, ${percent.toFixed(1)} %, ${unnamed} of the others not named`);
process.exitCode = percent >= 95 && unnamed === 0 ? 0 : 1;
