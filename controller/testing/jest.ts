/** `procready/jest`: `expect.extend(matchers)` in a test file, or once in a set-up file. It is an ES module. */
import type { LimitMatchers } from './matchers.js';

export { type LimitMatchers, matchers } from './matchers.js';
export { service } from './outcome.js';

// @ts-expect-error it is there where jest is
declare module 'expect' {
	interface Matchers<R extends void | Promise<void>, T = unknown> extends LimitMatchers {}
}

declare global {
	namespace jest {
		interface Matchers<R, T> extends LimitMatchers {}
	}
}
