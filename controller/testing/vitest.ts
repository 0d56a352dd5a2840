/** `procready/vitest`: `expect.extend(matchers)` in a test file, or once in a set-up file. */
import type { LimitMatchers } from './matchers.js';

export { type LimitMatchers, matchers } from './matchers.js';

// @ts-expect-error vitest is there where it is used
declare module 'vitest' {
	// biome-ignore lint/suspicious/noExplicitAny: declarations that are merged have the same parameters
	interface Matchers<T = any> extends LimitMatchers {}
}
