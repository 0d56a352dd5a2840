/** io.max by its effect: the speed of a disk, as the program sees it. */
import t from 'tap';
import { type IoLimit, run } from '../../controller/index.js';
import { loopDevice } from '../support/loop-device.js';
import { measured } from '../support/measured.js';
import { hasController } from '../support/places.js';

const MiB = 2 ** 20;
const disk = hasController('io') || hasController('blkio') ? loopDevice(16 * MiB) : undefined;
const skip = !disk && 'kernel: no loop device, or no controller of input and output';
t.teardown(() => disk?.[Symbol.dispose]());

/** Copies blocks past the page cache; how many a second, and bytes a second, by the clock of the program. */
async function copy(direction: 'read' | 'write', blockSize: number, count: number, limit: Omit<IoLimit, 'device'>) {
	const device = disk?.path as string;
	const [from, to, flag] = direction === 'read' ? [device, '/dev/null', 'iflag'] : ['/dev/zero', device, 'oflag'];
	const command = ['dd', `if=${from}`, `of=${to}`, `bs=${blockSize}`, `count=${count}`, `${flag}=direct`];
	const { exitCode, stderr, usage } = await run(command, {
		env: { LC_ALL: 'C' },
		limits: { io: [{ device, ...limit }] },
	});
	const seconds = Number(/, ([\d.e-]+) s,/.exec(stderr)?.[1]);
	if (exitCode !== 0 || Number.isNaN(seconds)) throw new Error(stderr);
	return { bytes: (blockSize * count) / seconds, blocks: count / seconds, usage };
}

/** Side by side: for each container alone the disk is fast enough. */
t.test('bytes a second', { skip }, async (t) => {
	const measure = async (direction: 'read' | 'write', key: 'rbps' | 'wbps', rate: number) => {
		const isNear = ({ bytes }: { bytes: number }) => Math.abs(bytes / rate - 1) < 0.1;
		const copied = await measured(() => copy(direction, 65_536, (3 * rate) / 65_536, { [key]: rate }), isNear);
		const { bytes, usage } = copied;
		t.ok(isNear(copied), `${key}=${rate}: ${bytes}`);
		const counted = direction === 'read' ? usage.io.readBytes : usage.io.writtenBytes;
		t.ok(counted !== null && counted >= 3 * rate, `${counted} bytes, what dd itself is read from may be among them`);
	};
	const rates = [MiB, 2 * MiB];
	await Promise.all(rates.flatMap((rate) => [measure('read', 'rbps', rate), measure('write', 'wbps', rate)]));
});

t.test('operations a second', { skip }, async (t) => {
	const measure = async (direction: 'read' | 'write', key: 'riops' | 'wiops') => {
		const isNear = ({ blocks }: { blocks: number }) => Math.abs(blocks / 40 - 1) < 0.1;
		const copied = await measured(() => copy(direction, 4096, 120, { [key]: 40 }), isNear);
		const { blocks, usage } = copied;
		t.ok(isNear(copied), `${key}=40: ${blocks}`);
		const counted = direction === 'read' ? usage.io.reads : usage.io.writes;
		t.ok(counted !== null && counted >= 120, `${counted} operations`);
	};
	await Promise.all([measure('read', 'riops'), measure('write', 'wiops')]);
});

t.test('what is not limited is not slowed down', { skip }, async (t) => {
	const limited = await copy('read', 65_536, 32, { rbps: MiB });
	const free = await copy('read', 65_536, 32, { wbps: MiB });
	t.ok(free.bytes > 2 * limited.bytes, `${free.bytes} a second, and with a limit ${limited.bytes}`);
});
