/** For `expect` of vitest and of jest: both take matchers of this form. */
import type { Expectations } from '../harness/expect/expectations.js';
import type { Limits } from '../model/limit-options.js';
import type { Options } from '../model/options.js';
import { beLimitedBy, fitIn, meet, passWith, type RunOptions } from './outcome.js';

/** What they add to `expect(args)`; each is to be awaited, and `.not` turns it round. */
export interface LimitMatchers {
	/** It exits with 0 and hits no limit: `await expect(['./prog']).toFitIn({ memory: '4M', pids: 1 })`. */
	toFitIn(limits: Limits, options?: RunOptions): Promise<void>;
	/** It exits with 0, whatever it hits. */
	toPassWith(limits: Limits, options?: RunOptions): Promise<void>;
	/** It hits this limit, however it ends: `await expect(['./prog']).toBeLimitedBy('pids.max', { pids: 4 })`. */
	toBeLimitedBy(limit: string, limits: Limits, options?: RunOptions): Promise<void>;
	/** Any of what can be expected: `await expect(['./prog']).toMeet({ usage: { 'memory.peak': '< 48M' } })`. */
	toMeet(expectations: Expectations, options?: Options): Promise<void>;
}

/** For `expect.extend(matchers)`. */
export const matchers = { toFitIn: fitIn, toPassWith: passWith, toBeLimitedBy: beLimitedBy, toMeet: meet };
