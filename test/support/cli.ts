/** The command line as a user calls it. */
import { execa } from 'execa';
import { cli } from './paths.js';

export async function procready(
	args: string[],
	options: { input?: string; env?: Record<string, string>; cwd?: string } = {},
) {
	const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, ...args], {
		reject: false,
		stripFinalNewline: false,
		...options,
	});
	return { status: exitCode, stdout, stderr };
}
