/** What stands between blanks and line feeds. */
export function words(text: string): string[] {
	return text.split(/\s+/).filter(Boolean);
}
