/** `procready resume`: lets a container that is paused go on. */
import { findNamed, helpFlag } from './named.js';
import type { Page } from './page.js';

export const page: Page = {
	name: 'resume',
	summary: 'let a paused container go on',
	synopsis: ['NAME'],
	text: `Lets the container that was started with --name NAME go on; does nothing to one that is not paused.`,
	topics: { 'Options:': helpFlag },
	notes: `Exit status: 0; 125 when there is no such container.`,
};

/** Resolves to the exit status. */
export async function resume(argv: string[]): Promise<number> {
	await findNamed(argv, helpFlag, page)?.container.resume();
	return 0;
}
