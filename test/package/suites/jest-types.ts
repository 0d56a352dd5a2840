/** Not run: that the types of jest know the matchers, and nothing else. */
import { expect } from '@jest/globals';
import 'procready/jest';

export async function typed(): Promise<void> {
	await expect(['true']).toFitIn({ memory: '4M', pids: 1 });
	await expect(['true']).not.toBeLimitedBy('pids.max', { pids: 1 }, { timeout: '5s' });
	// @ts-expect-error there is no such limit
	await expect(['true']).toFitIn({ nothing: 1 });
}
