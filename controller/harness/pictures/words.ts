/** What is said of hits and limits, beside the pictures. */
import { count } from '../../report/words.js';
import type { Hit } from './recording.js';

const told: Record<string, (times: number) => string> = {
	'pids.max': (times) => `${count(times, 'fork')} refused`,
	'memory.high': (times) => `slowed down ${count(times, 'time')}`,
	'memory.max': (times) => `reached ${count(times, 'time')}`,
	'memory.swap.max': (times) => `reached ${count(times, 'time')}`,
	'cpu.max': (times) => `throttled in ${count(times, 'period')}`,
};

export function hitText({ limit, counter, count: times }: Pick<Hit, 'limit' | 'counter' | 'count'>): string {
	if (counter.endsWith('oom_kill')) return `${count(times, 'process', 'processes')} killed`;
	if (counter.endsWith(' oom')) return `nothing more could be reclaimed ${count(times, 'time')}`;
	return told[limit]?.(times) ?? count(times, 'time');
}
