/** JSON pointers, RFC 6901. */

/** RFC 6901, section 3. */
export function escapeToken(token: string): string {
	return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function unescapeToken(token: string): string {
	return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
