import t from 'tap';
import { parseCpu, parseDuration, parseSize, parseTasks } from '../../controller/model/units.js';

const refused = { code: 'option-invalid', where: '/limits/x', message: /^limits\.x: .* is not a / };

t.test('tasks', async (t) => {
	for (const [given, tasks] of [
		[0, 0],
		[1, 1],
		['4194304', 4_194_304],
		['max', null],
	] as const)
		t.equal(parseTasks(given, '/limits/x'), tasks);
	for (const given of [-1, 1.5, 4_194_305, Number.NaN, Number.POSITIVE_INFINITY, '', '1e3', '0x10', ' 1', 'Max'])
		t.throws(() => parseTasks(given, '/limits/x'), refused, String(given));
});

t.test('sizes are powers of 1024', async (t) => {
	for (const [given, bytes] of [
		[1, 1],
		['4096', 4096],
		['64K', 65_536],
		['64k', 65_536],
		['64KiB', 65_536],
		['64Ki', 65_536],
		['1.5M', 1_572_864],
		['2g', 2 ** 31],
		['1T', 2 ** 40],
		['8b', 8],
		['max', null],
	] as const)
		t.equal(parseSize(given, '/limits/x'), bytes, String(given));
	for (const given of [0, -1, 0.5, '0', '1.3', '-64K', '64KB', '64MB', '64X', '', 'K', '1 M', '0x1000', '99999999999T'])
		t.throws(() => parseSize(given, '/limits/x'), refused, String(given));
});

t.test('what has two meanings is told with both, and what others write for no limit is told too', async (t) => {
	for (const [given, message] of [
		['64MB', 'MB could mean powers of 1024 or of 1000 bytes: write 64MiB, or 64000000'],
		['1.5gb', 'GB could mean powers of 1024 or of 1000 bytes: write 1.5GiB, or 1500000000'],
		['unlimited', 'or max; no limit is written max'],
		['-1', 'or max; no limit is written max'],
	] as const)
		t.throws(() => parseSize(given, '/limits/x'), { message: new RegExp(`${message}$`) }, given);
	t.throws(() => parseCpu('infinity', '/limits/x'), { message: /or max; no limit is written max$/ });
	t.throws(() => parseTasks('unlimited', '/limits/x'), { message: /or max; no limit is written max$/ });
});

t.test('processors become a quota and a period', async (t) => {
	for (const [given, quota, period] of [
		[1, 100_000, 100_000],
		[0.5, 50_000, 100_000],
		['.25', 25_000, 100_000],
		[0.01, 1000, 100_000],
		[0.009, 9000, 1_000_000],
		[0.001, 1000, 1_000_000],
		[2, 200_000, 100_000],
		['20000 50000', 20_000, 50_000],
		['max 50000', null, 50_000],
		['50%', 50_000, 100_000],
		['150%', 150_000, 100_000],
		['500m', 50_000, 100_000],
		['2000m', 200_000, 100_000],
		['max', null, 100_000],
	] as const)
		t.strictSame(parseCpu(given, '/limits/x'), { quota, period }, String(given));
	for (const given of [
		0,
		-1,
		0.0009,
		8193,
		'',
		'1 2 3',
		'999 100000',
		'5000 999',
		'5000 1000001',
		'1e-1',
		'half',
		'0%',
		'50 %',
		'0.5m%',
		'500M',
		'-50%',
	])
		t.throws(() => parseCpu(given, '/limits/x'), refused, String(given));
});

t.test('times', async (t) => {
	for (const [given, unit, milliseconds] of [
		[250, 'ms', 250],
		['250', 'ms', 250],
		['2', 's', 2000],
		['0.5', 's', 500],
		['250ms', 's', 250],
		['10s', 'ms', 10_000],
		['5m', 'ms', 300_000],
		['1h', 's', 3_600_000],
		['1d', 's', 86_400_000],
		['1m30s', 'ms', 90_000],
		['1h0m1.5s', 'ms', 3_601_500],
		['2min', 's', 120_000],
		['1s500ms', 's', 1500],
	] as const)
		t.equal(parseDuration(given, '/limits/x', unit), milliseconds, String(given));
	for (const given of [0, -1, '', 's', '25d', '1 s', '30s1m', '1s1s', '1m30', '1y', '5M', 2 ** 31, '999h', Number.NaN])
		t.throws(() => parseDuration(given, '/limits/x', 'ms'), refused, String(given));
});
