/** Pieces of HTML and SVG: what is put into a template is text, unless it is such a piece itself. */

export class Markup {
	readonly text: string;

	constructor(text: string) {
		this.text = text;
	}
}

type Part = Markup | string | number | false | null | undefined | readonly Part[];

/** html`<p>${anything}</p>`; what is absent or false is nothing. Attributes have to be in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
	return new Markup(String.raw({ raw: strings }, ...parts.map(textOf)));
}

function textOf(part: Part): string {
	if (part === undefined || part === null || part === false) return '';
	if (part instanceof Markup) return part.text;
	if (typeof part === 'object') return part.map(textOf).join('');
	return escaped(String(part));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** What cannot be seen, or changes the direction of what follows, is shown by its number. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

function escaped(text: string): string {
	return text
		.replace(unseen, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
		.replace(/[&<>"']/g, (character) => entities[character] as string);
}
