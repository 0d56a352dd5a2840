/** Numbers that nobody can hold are refused, whatever they are of; none becomes another one, or text such as 1e+300. */
import t from 'tap';
import type { Options } from '../../controller/model/options.js';
import { resourcesOf } from '../../controller/plan/limit-options.js';
import { specOf } from '../../controller/plan/specify.js';

const disk = (limits: object) => ({ limits: { io: [{ device: '8:0', ...limits }] } });

/** Each option of a number, with the largest that there is. */
const options: Record<string, [(value: number) => object, largest: number]> = {
	pids: [(pids) => ({ limits: { pids } }), 4_194_304],
	memory: [(memory) => ({ limits: { memory } }), Number.MAX_SAFE_INTEGER],
	memoryHigh: [(memoryHigh) => ({ limits: { memoryHigh } }), Number.MAX_SAFE_INTEGER],
	swap: [(swap) => ({ limits: { swap } }), Number.MAX_SAFE_INTEGER],
	cpuBurst: [(cpuBurst) => ({ limits: { cpuBurst } }), 1_000_000],
	cpuWeight: [(cpuWeight) => ({ limits: { cpuWeight } }), 10_000],
	ioWeight: [(ioWeight) => ({ limits: { ioWeight } }), 10_000],
	rbps: [(rbps) => disk({ rbps }), Number.MAX_SAFE_INTEGER],
	riops: [(riops) => disk({ riops }), Number.MAX_SAFE_INTEGER],
	hugetlb: [(value) => ({ limits: { hugetlb: { '2MB': value } } }), Number.MAX_SAFE_INTEGER],
	major: [(major) => ({ limits: { devices: [{ allow: true, type: 'c', major }] } }), 4095],
	minor: [(minor) => ({ limits: { devices: [{ allow: true, type: 'c', major: 1, minor }] } }), 1_048_575],
	outputMax: [(outputMax) => ({ limits: { outputMax } }), Number.MAX_SAFE_INTEGER],
	maxOutput: [(maxOutput) => ({ maxOutput }), 536_870_888],
	cpuTime: [(cpuTime) => ({ limits: { cpuTime } }), 2_147_483_647],
	timeout: [(timeout) => ({ timeout }), 2_147_483_647],
	hits: [(hits) => ({ schedule: [{ on: 'pids.max', hits, signal: 'SIGTERM' }] }), Number.MAX_SAFE_INTEGER],
	sysctl: [
		(value) => ({ namespaces: { network: 'new' }, sysctl: { 'net.ipv4.ip_forward': value } }),
		Number.MAX_SAFE_INTEGER,
	],
	group: [(group) => ({ groups: [group] }), 4_294_967_294],
	umask: [(umask) => ({ umask }), 0o777],
	oomScoreAdj: [(oomScoreAdj) => ({ oomScoreAdj }), 1000],
	nice: [(nice) => ({ nice }), 19],
	timerSlack: [(timerSlack) => ({ timerSlack }), Number.MAX_SAFE_INTEGER],
	refuseForks: [(number) => ({ refuseForks: [number] }), Number.MAX_SAFE_INTEGER],
	cpuAffinity: [(cpu) => ({ cpuAffinity: [cpu] }), 1023],
	rlimit: [(core) => ({ rlimits: { core } }), Number.MAX_SAFE_INTEGER],
};

const attempt = (given: object) => {
	const { limits, ...others } = given as Options;
	specOf(['true'], { ...others, ...(limits && { limits }) });
	resourcesOf(limits ?? {});
};

t.test('the largest, and one more', async (t) => {
	for (const [name, [given, largest]] of Object.entries(options)) {
		t.doesNotThrow(() => attempt(given(largest)), `${name} ${largest}`);
		for (const value of [largest + 1, 1e21, 1e300, Number.MAX_VALUE])
			t.throws(() => attempt(given(value)), { name: 'ProcreadyError', code: 'option-invalid' }, `${name} ${value}`);
	}
});
