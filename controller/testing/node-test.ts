/** `procready/node-test`: assertions that throw, for node:test and whatever else takes an AssertionError. */
import { AssertionError } from 'node:assert';
import { assertionsOf } from './assertions.js';

export { service } from './outcome.js';

export const { fitsIn, doesNotFitIn, passesWith, doesNotPassWith, isLimitedBy, isNotLimitedBy, meets, doesNotMeet } =
	assertionsOf((outcome, isWanted, { stack }) => {
		if (outcome.pass === isWanted) return;
		const error = new AssertionError({ message: outcome.message(), operator: 'procready' });
		error.stack = `${error.name} [${error.code}]: ${error.message}\n${placesIn(stack)}`;
		throw error;
	});

function placesIn(stack = ''): string {
	return stack.slice(stack.indexOf('\n') + 1);
}
