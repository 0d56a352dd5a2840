/** What suites and cases are called so that runs on several hosts mean the same by it. */
import { relative, resolve } from 'node:path';
import { invalidOption } from '../../errors.js';
import type { Case, Suite } from '../suite/suite.js';

/** The path of the file from the working directory, however it was given. */
export function fileOf({ file }: Pick<Suite, 'file'>): string {
	return relative(process.cwd(), resolve(file));
}

/** `FILE: CASE` */
export function idOf(suite: Pick<Suite, 'file'>, { name }: Pick<Case, 'name'>): string {
	return `${fileOf(suite)}: ${name}`;
}

/** Throws `option-invalid` where a file was named in two ways: its cases could not be told apart. */
export function mustDiffer(suites: readonly Suite[], flag: string): void {
	const seen = new Map<string, string>();
	for (const suite of suites) {
		const other = seen.get(fileOf(suite));
		if (other !== undefined)
			throw invalidOption(flag, `${suite.file} is the same file as ${other}: name each suite once`);
		seen.set(fileOf(suite), suite.file);
	}
}
