/** A service where a command may stand: in a search, in a sweep, and in assertions of tests. */
import { AssertionError } from 'node:assert';
import t from 'tap';
import { type ServiceProgram, search, sweep } from '../../controller/index.js';
import { doesNotFitIn, fitsIn, isLimitedBy, meets, passesWith, service } from '../../controller/testing/node-test.js';
import { beLimitedBy, fitIn } from '../../controller/testing/outcome.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { probe, python } from '../support/paths.js';

const MiB = 2 ** 20;
/** Ready when it has touched so much memory, and from then on it waits. */
const touches = (bytes: number): ServiceProgram => ({
	command: `${probe} touch ${bytes} && echo up && exec sleep 86451`,
	ready: { output: 'up' },
	client: ['echo one', ['echo', 'two']],
});

t.test('a search finds with how little a service is ready, and serves', async (t) => {
	const { value, tried } = await search('pids.max', {
		...touches(MiB),
		command: 'sleep 86451 & sleep 86451 & echo up; exec sleep 86451',
	});
	t.equal(value, '3', JSON.stringify(tried));
	const memory = await search('memory.max', touches(8 * MiB), { repeat: 1, precision: 0.05 });
	t.ok(Number(memory.value) > 8 * MiB && Number(memory.value) < 10 * MiB, `${memory.value} ${memory.reason}`);
	const failing = await search('pids.max', { ...touches(MiB), client: 'exit 3' });
	t.match(failing, { value: null, reason: /without a limit: client: verdict was failed: It exited with status 3/ });
	await t.rejects(search('pids.max', { ...touches(MiB), client: [['no-such-command']] }), {
		code: 'command-not-found',
	});
	await t.rejects(search('pids.max', { ...touches(MiB), ready: {} }), { code: 'option-invalid', where: '/ready' });
	t.strictSame(await leftoversAfter('sleep 86451'), []);
});

t.test('a sweep shows from where on it serves', async (t) => {
	const points = [];
	for await (const point of sweep('memory.max=4M,32M', touches(8 * MiB))) points.push(point);
	t.match(points, [
		{ passed: 0, reason: /memory/ },
		{ passed: 1, wallTime: Number },
	]);
});

t.test('the command line: a service in the place of COMMAND', async (t) => {
	const words = ['--service', `echo up; exec sleep 86452`, '--ready', 'output=up'];
	const found = await procready(['search', 'pids.max', ...words, '--client', 'true', '--repeat', '1']);
	t.match(found.stdout, /^pids\.max 1 \(1 task\)/, found.stderr);
	const dir = t.testdir();
	const socket = ['--ready', 'socket=a.sock', '--client', 'test -S a.sock', '--repeat', '1'];
	const listens = `exec ${python} -c 'import os, socket, time; os.path.exists("a.sock") and os.remove("a.sock"); s = socket.socket(1); s.bind("a.sock"); s.listen(); time.sleep(99)'`;
	const relative = await procready(['search', 'pids.max', '--service', listens, ...socket], { cwd: dir });
	t.match(relative.stdout, /^pids\.max 1 \(1 task\)/, relative.stderr);
	const client = 'echo no answer >&2; exit 3';
	const failing = await procready(['search', '--all', ...words, '--client', client]);
	t.match(
		failing.stdout,
		/^memory\.max: not found\. It does not pass without a limit: client: .*status 3.*\nstdout:\n {2}up\nclient stderr:\n {2}no answer\nno set was found\.\n$/,
		failing.stderr,
	);
	const swept = await procready(['sweep', 'pids.max=1,2', ...words, '--stop', 'SIGINT', '--client', 'true']);
	t.match(swept.stdout, /1 task .*passed\n.*2 tasks .*passed/, swept.stderr);
	for (const [given, message] of [
		[['--ready', 'port=1', '--', 'true'], '--ready: is for --service'],
		[[...words, '--', 'true'], '--service: is what is run'],
		[['--service', 'x'], '--ready: is missing: it says what shows'],
		[['--service', 'x', '--ready', 'port=1', '--ready', 'port=2'], '--ready: port= is there twice'],
		[['--service', 'x', '--ready', 'port=1', '--ready', 'timeout=soon'], '--ready timeout: '],
		[['--service', 'x', '--ready', 'prt=1'], '--ready: "prt=1" is not one of port='],
		[['--service', 'x', '--ready', 'port=x'], '--ready: "x" is not an integer'],
		[['--service', 'x', '--ready', 'port=0'], '--ready port: 0 is not a port'],
		[['--service', 'x', '--ready', 'port=1', '--ready', 'status=200'], '--ready: status= is for http='],
		[[...words, '--stop', 'TERM'], '--stop: "TERM" is not a signal'],
	] as const)
		for (const subject of [
			['search', 'pids.max'],
			['sweep', 'pids.max=1,2'],
		]) {
			const { status, stderr } = await procready([...subject, ...given]);
			t.equal(status, 125, given.join(' '));
			t.match(stderr, `procready: ${message}`, given.join(' '));
		}
});

t.test('assertions take a service as they take a command', async (t) => {
	const small = service(touches(MiB));
	await fitsIn(small, { memory: '32M', pids: 8 });
	await passesWith(small, { memory: '32M' });
	await doesNotFitIn(service(touches(16 * MiB)), { memory: '4M' });
	await isLimitedBy(service(touches(16 * MiB)), 'memory.max', { memory: '4M' });
	await meets(small, { stdout: 'one\ntwo\n', usage: { 'memory.peak': '> 1M' } });
	const { pass, message } = await fitIn({ ...small, client: 'echo said; exit 3' }, { memory: '32M' });
	t.equal(pass, false);
	t.match(
		message(),
		/^the service sh -c .* was expected to fit in .*\n {2}client: verdict was failed: It exited with status 3/,
	);
	t.match(message(), /client stdout:\n {2}said/);
	t.match(message(), /^stdout:\n(?: {2}.*\n)* {2}up$/m);
	await t.rejects(meets(small, { stdout: 'x' }), AssertionError);
	await t.rejects(fitIn({ ...small, ready: { port: 0 } }, {}), { code: 'option-invalid' });
	t.equal((await beLimitedBy(small, 'memory.max', { memory: 4096 })).pass, true);
});
