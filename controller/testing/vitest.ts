/** `procready/vitest`: `expect.extend(matchers)` in a test file, or once in a set-up file. */
import type { LimitMatchers } from './matchers.js';

export { type LimitMatchers, matchers } from './matchers.js';
export { service } from './outcome.js';

// @ts-expect-error vitest is there where it is used
declare module 'vitest' {
	// biome-ignore-start lint/suspicious/noExplicitAny: declarations that are merged have the same parameters
	interface Matchers<T = any> extends LimitMatchers {}
	/** Where vitest is older than 3.2. */
	interface Assertion<T = any> extends LimitMatchers {}
	// biome-ignore-end lint/suspicious/noExplicitAny: see above
}
