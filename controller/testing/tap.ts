/** `procready/tap`: a plugin, for `t.applyPlugin(plugin)`. */
import { assertionsOf } from './assertions.js';

export { service } from './outcome.js';

/** What of a test of tap is used. */
interface Test {
	pass(name: string): boolean;
	fail(name: string, extra: object): boolean;
}

export type LimitAssertions = ReturnType<typeof assertionsOf>;

/** Adds `await t.fitsIn(['./prog'], { memory: '4M', pids: 1 })` and the others. */
export function plugin(t: Test): LimitAssertions {
	return assertionsOf((outcome, isWanted, { stack = '' }) => {
		const name = outcome.claim(isWanted);
		if (outcome.pass === isWanted) t.pass(name);
		else t.fail(name, { report: outcome.message(), stack: placesIn(stack) });
	});
}

/** As tap writes them. */
function placesIn(stack: string): string {
	return stack.replace(/^.*\n/, '').replace(/^ +at /gm, '');
}
