import { matchers } from 'procready/vitest';
import { expect, test } from 'vitest';

expect.extend(matchers);

const forks = ['sh', '-c', 'sleep 0.01 & sleep 0.01 & wait'];

test('fits', async () => {
	await expect(['true']).toFitIn({ memory: '4M', pids: 1 });
	await expect(forks).not.toFitIn({ pids: 2 });
	await expect(forks).toBeLimitedBy('pids.max', { pids: 2 });
	await expect(['true']).not.toBeLimitedBy('pids.max', { pids: 1 });
	await expect(forks).toPassWith({ pids: 3 });
	await expect(['sh', '-c', 'exit 3']).toMeet({ exitCode: 3, usage: { 'tasks.peak': '1' } }, { limits: { pids: 1 } });
});

test('says what came instead', async () => {
	await expect(forks).toFitIn({ memory: '4M', pids: 2 });
});
