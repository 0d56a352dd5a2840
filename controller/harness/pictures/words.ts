/** What is said of hits and limits, beside the pictures. */
import { bytes, count } from '../../report/words.js';
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

/** `67108864` of memory.max -> `64 MiB`; as the kernel says it where that is all there is to say. */
export function limitText(limit: string, value: string): string {
	if (limit === 'cpu.max') return processorsText(value);
	return /^memory\.|^hugetlb\./.test(limit) && /^\d{4,}$/.test(value) ? bytes(Number(value)) : value;
}

function processorsText(value: string): string {
	const [quota = '', period] = value.split(' ');
	return /^\d+$/.test(quota) && period ? count(Number(quota) / Number(period), 'processor') : value;
}
