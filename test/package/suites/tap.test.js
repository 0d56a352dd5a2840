import { plugin } from 'procready/tap';
import tap from 'tap';

const t = tap.applyPlugin(plugin);
const forks = ['sh', '-c', 'sleep 0.01 & sleep 0.01 & wait'];

t.test('fits', async (t) => {
	await t.fitsIn(['true'], { memory: '4M', pids: 1 });
	await t.doesNotFitIn(forks, { pids: 2 });
	await t.isLimitedBy(forks, 'pids.max', { pids: 2 });
	await t.isNotLimitedBy(['true'], 'pids.max', { pids: 1 });
	await t.passesWith(forks, { pids: 3 });
	await t.meets(['sh', '-c', 'exit 3'], { exitCode: 3, usage: { 'tasks.peak': '1' } }, { limits: { pids: 1 } });
});

t.test('says what came instead', async (t) => {
	await t.fitsIn(forks, { memory: '4M', pids: 2 });
});
