/** `procready pause`: stops all that runs in a container. */
import { findNamed, helpFlag } from './named.js';
import type { Page } from './page.js';

export const page: Page = {
	name: 'pause',
	summary: 'stop all that runs in a container',
	synopsis: ['NAME'],
	text: `Stops all that runs in the container that was started with --name NAME, until procready resume NAME. The time of its
--timeout goes on, signals but SIGKILL wait, and procready exec is refused.`,
	topics: { 'Options:': helpFlag },
	notes: `Exit status: 0 when it has stopped; 125 when there is no such container, or it cannot be stopped and runs on.`,
};

/** Resolves to the exit status. */
export async function pause(argv: string[]): Promise<number> {
	await findNamed(argv, helpFlag, page)?.container.pause();
	return 0;
}
