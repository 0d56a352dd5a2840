/** Profiles come as JSON, and JSON numbers in JavaScript have 53 bits; what a filter compares has 64. */

/**
 * JSON.parse for a config.json or a profile: `value` and `valueTwo` of a condition that would lose digits become strings
 * of digits, as the schema takes them. Nothing else is touched; throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): unknown {
	return JSON.parse(text.replace(wide, (all, name, digits) => (exact(digits) ? all : `${name}"${digits}"`)));
}

/** Inside a JSON string every quote has a backslash before it, so this matches only members. */
const wide = /((?<!\\)"value(?:Two)?"\s*:\s*)(\d{16,})(?=\s*[,}])/g;

const exact = (digits: string) => Number.isSafeInteger(Number(digits));
