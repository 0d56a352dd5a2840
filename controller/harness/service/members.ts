/** Objects that callers without types, or with wrong ones, give. */
import { invalidOption } from '../../errors.js';
import { didYouMean } from '../../model/closest.js';
import { escapeToken } from '../../model/pointer.js';
import { isObject } from '../is-object.js';

/** Throws `option-invalid` for what is no object of such members; `where` is its JSON pointer. */
export function mustHave(given: unknown, names: readonly string[], where: string): void {
	if (!isObject(given))
		throw invalidOption(where, `${JSON.stringify(given) ?? 'nothing'} is not an object: it has ${names.join(', ')}`);
	const unknown = Object.keys(given).find((name) => !names.includes(name));
	if (unknown !== undefined)
		throw invalidOption(
			`${where}/${escapeToken(unknown)}`,
			`is not known${didYouMean(unknown, names) || `: there are ${names.join(', ')}`}`,
		);
}
