/** What an errno(3) is called in messages. */

import { machine } from './machine.js';

/** `permission denied (EACCES)`: no message has the name of an errno(3) alone. Where there is none, `unknown error`. */
export function errnoText(errno: string | undefined): string {
	if (errno === undefined) return 'unknown error';
	const words = machine.errnoWords(errno);
	return words === undefined ? errno : `${words} (${errno})`;
}
