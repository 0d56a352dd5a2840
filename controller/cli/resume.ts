/** `procready resume`: lets a container that is paused go on. */
import { helpOf } from '../flags/help.js';
import { findNamed, helpFlag } from './named.js';

const usage = `usage: procready resume NAME

Lets the container that was started with --name NAME go on; does nothing to one that is not paused.

${helpOf({ 'Options:': helpFlag })}
Exit status: 0; 125 when there is no such container.
`;

/** Resolves to the exit status. */
export async function resume(argv: string[]): Promise<number> {
	await findNamed(argv, helpFlag, 'resume', usage)?.container.resume();
	return 0;
}
