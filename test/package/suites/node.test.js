import { test } from 'node:test';
import { doesNotFitIn, fitsIn, isLimitedBy, isNotLimitedBy, meets, passesWith } from 'procready/node-test';

const forks = ['sh', '-c', 'sleep 0.01 & sleep 0.01 & wait'];

test('fits', async () => {
	await fitsIn(['true'], { memory: '4M', pids: 1 });
	await doesNotFitIn(forks, { pids: 2 });
	await isLimitedBy(forks, 'pids.max', { pids: 2 });
	await isNotLimitedBy(['true'], 'pids.max', { pids: 1 });
	await passesWith(forks, { pids: 3 });
	await meets(['sh', '-c', 'exit 3'], { exitCode: 3, usage: { 'tasks.peak': '1' } }, { limits: { pids: 1 } });
});

test('says what came instead', async () => {
	await fitsIn(forks, { memory: '4M', pids: 2 });
});
