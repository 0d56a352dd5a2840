/** Services: what shows that one is ready, what its end says of it, and what it used when. */
import { Readable } from 'node:stream';
import t from 'tap';
import type { Container } from '../../controller/container/container.js';
import type { RunResult } from '../../controller/container/run.js';
import { ProcreadyError } from '../../controller/errors.js';
import { hearing } from '../../controller/harness/service/hearing.js';
import { judgeClients } from '../../controller/harness/service/judge.js';
import { accepts, type TcpListener } from '../../controller/harness/service/listeners.js';
import { type Moment, phaseOf } from '../../controller/harness/service/phases.js';
import { parseReady, type Ready } from '../../controller/harness/service/ready.js';
import type { ServedOne } from '../../controller/harness/service/serve.js';
import { parseStop, type Stop, servedVerdict } from '../../controller/harness/service/stop.js';
import { type Address, parseAddress } from '../../controller/model/address.js';
import type { Result } from '../../controller/report/result.js';

t.test('what shows that a service is ready is one thing, and makes sense', async (t) => {
	const refused: [Ready, where: string, message: RegExp][] = [
		[{}, '/ready', /one of port, socket, output, command, http/],
		[{ port: 1, socket: '/x' }, '/ready/socket', /there is "port" already/],
		[{ port: 0 }, '/ready/port', /1 to 65535/],
		[{ port: 65536 }, '/ready/port', /1 to 65535/],
		[{ port: 1.5 }, '/ready/port', /1 to 65535/],
		[{ port: 1, host: 'example.org' }, '/ready/host', /not an IP address/],
		[{ output: 'x', host: '::1' }, '/ready/host', /is for "port"/],
		[{ socket: 'x.sock' }, '/ready/socket', /absolute path/],
		[{ output: '' }, '/ready/output', /empty/],
		[{ output: '/(/' }, '/ready/output', /regular expression/],
		[{ command: [] }, '/ready/command', /empty/],
		[{ http: { url: 'ftp://x/' } }, '/ready/http/url', /http:/],
		[{ http: { url: 'x' } }, '/ready/http/url', /http:/],
		[{ http: { url: 'http://x/', status: 'ok' } }, '/ready/http/status', /comparison/],
		[{ port: 1, timeout: 'soon' }, '/ready/timeout', /time/],
		[undefined as never, '/ready', /nothing is not an object: it has port, /],
		['port' as never, '/ready', /"port" is not an object/],
		[{ port: '80' as never }, '/ready/port', /"80" is not a port/],
		[{ prt: 1 } as never, '/ready/prt', /not known; did you mean "port"/],
		[{ output: /x/ as never }, '/ready/output', /not a text/],
		[{ socket: 5 as never }, '/ready/socket', /5 is neither/],
		[{ command: 5 as never }, '/ready/command', /neither a script nor a list/],
		[{ command: ['a', 5] as never }, '/ready/command', /neither a script nor a list/],
		[{ http: 'http://x/' as never }, '/ready/http', /not an object: it has url, status/],
	];
	for (const [ready, where, message] of refused) {
		const error = thrown(() => parseReady(ready));
		t.match(error, { code: 'option-invalid', where }, JSON.stringify(ready));
		t.match(error.message, message);
	}
	t.match(parseReady({ port: 80 }), { text: 'port 80', port: 80, timeout: 10_000 });
	t.match(parseReady({ port: 80, host: 'localhost', timeout: '2s' }), {
		host: parseAddress('127.0.0.1'),
		timeout: 2000,
	});
	t.match(parseReady({ command: 'true' }).command, ['sh', '-c', 'true']);
	t.match(parseReady({ command: ['true'] }).command, ['true']);
	t.match(parseReady({ http: { url: 'https://x/' } }), { port: 443, anywhere: true });
	const { output } = parseReady({ output: '/^ready$/m' });
	t.ok(output?.('a\nready\n'));
	t.notOk(output?.('already\n'));
	t.ok(parseReady({ output: 'ready' }).output?.('already'));
});

t.test('what is awaited of the output may come in pieces, also of one character', async (t) => {
	const heard = hearing((text) => text.includes('réady ✓'));
	const pieces = [...Buffer.from('is réady ✓ now\n')].map((byte) => Uint8Array.of(byte));
	const { stdout } = heard.streams({ stdout: Readable.from(pieces) } as unknown as Container);
	const passedOn: Uint8Array[] = [];
	for await (const piece of stdout as AsyncIterable<Uint8Array>) passedOn.push(piece);
	t.ok(heard.hasSaid());
	t.strictSame(passedOn, pieces);
});

t.test('a socket takes what comes to its address, or to any', async (t) => {
	const at = (text: string) => ({ address: parseAddress(text) as Address }) as TcpListener;
	const four = parseAddress('127.0.0.1') as Address;
	t.ok(accepts(at('127.0.0.1'), four));
	t.ok(accepts(at('0.0.0.0'), four));
	t.ok(accepts(at('::'), four));
	t.notOk(accepts(at('127.0.0.2'), four));
	t.notOk(accepts(at('::1'), four));
	const six = parseAddress('::1') as Address;
	t.ok(accepts(at('::'), six));
	t.notOk(accepts(at('0.0.0.0'), six), 'what listens on IPv4 takes nothing of IPv6');
});

t.test('a service is stopped by a signal, and within a time', async (t) => {
	t.strictSame(parseStop(), { signal: 'SIGTERM', within: 5000 });
	t.strictSame(parseStop({ signal: 'SIGINT', within: 100 }), { signal: 'SIGINT', within: 100 });
	t.match(
		thrown(() => parseStop({ signal: 'TERM' as NodeJS.Signals })),
		{ where: '/stop/signal' },
	);
	t.match(
		thrown(() => parseStop({ within: 'x' })),
		{ where: '/stop/within' },
	);
	for (const wrong of ['SIGINT', null] as never[])
		t.match(
			thrown(() => parseStop(wrong)),
			{ code: 'option-invalid', where: '/stop', message: /not an object: it has signal, within/ },
		);
	t.match(
		thrown(() => parseStop({ signl: 'SIGINT' } as never)),
		{ where: '/stop/signl', message: /did you mean "signal"/ },
	);
});

const ended = (result: Partial<Result>, outcome: string, causes: object[] = []) =>
	({ exitCode: null, signal: null, ...result, verdict: { outcome, causes, sentence: 'It ended.' } }) as Result;
const stopped = (ended: Stop['ended']): Stop => ({ signal: 'SIGTERM', within: 5000, ended, after: 1 });

t.test('its end: on the signal it has served, whatever its status', async (t) => {
	const of = (result: Result, stop: Stop) => servedVerdict(result, stop, undefined);
	t.match(of(ended({ signal: 'SIGTERM' }, 'signaled'), stopped('on the signal')), { outcome: 'passed' });
	t.match(of(ended({ exitCode: 143 }, 'failed'), stopped('on the signal')), {
		outcome: 'passed',
		sentence: 'It ended with status 143 on SIGTERM, as it was asked to.',
	});
	t.match(of(ended({ signal: 'SIGSEGV' }, 'signaled'), stopped('on the signal')), { outcome: 'signaled' });
	const oom = [{ limit: 'memory.max', fatal: true }];
	t.match(of(ended({ exitCode: 1 }, 'failed', oom), stopped('on the signal')), { outcome: 'failed' });
	t.match(of(ended({ signal: 'SIGKILL' }, 'signaled'), stopped('killed')), {
		outcome: 'signaled',
		sentence: 'SIGTERM did not end it within 5 s, so it was killed.',
	});
});

t.test('its end: by itself it has failed, also with status 0', async (t) => {
	const lacking = { atItsEnd: 'before it was ready', inTime: 'It was not ready.' };
	t.match(servedVerdict(ended({ exitCode: 0 }, 'passed'), stopped('by itself'), undefined), {
		outcome: 'failed',
		sentence: 'It ended, before it was asked to.',
	});
	t.match(
		servedVerdict(ended({ signal: 'SIGKILL' }, 'signaled'), stopped('by itself'), { atItsEnd: 'while a client ran' }),
		{
			outcome: 'signaled',
			sentence: 'It ended, while a client ran.',
		},
	);
	const late = servedVerdict(ended({ signal: 'SIGTERM' }, 'signaled'), stopped('on the signal'), lacking);
	t.match(late, { outcome: 'failed', sentence: 'It was not ready.' });
	t.match(servedVerdict(ended({}, 'timed-out'), stopped('by itself'), lacking), {
		outcome: 'timed-out',
		sentence: 'It ended, before it was ready.',
	});
	t.match(servedVerdict(ended({}, 'timed-out'), stopped('by itself'), undefined), { sentence: 'It ended.' });
});

t.test('a phase has what was counted in it, and a peak only where it rose then', async (t) => {
	const moment = (wallTime: number, peak: number | null, refused: number | null, current: number) =>
		({
			wallTime,
			tasks: { peak, refused },
			memory: { peak, current },
			cpu: { total: wallTime / 2, user: null },
			io: {},
			pressure: { cpu: { some: refused, full: null } },
		}) as unknown as Moment;
	const [first, second, third] = [moment(10, 4, 1, 8), moment(30, 4, 3, 7), moment(40, 5, null, 9)];
	t.strictSame(phaseOf(first), { ...first, cpu: { total: 5, user: null } });
	t.match(phaseOf(second, first), {
		wallTime: 20,
		tasks: { peak: null, refused: 2 },
		memory: { peak: null, current: 7 },
		cpu: { total: 10, user: null },
		pressure: { cpu: { some: 2, full: null } },
	});
	t.match(phaseOf(third, second), { tasks: { peak: 5, refused: null }, memory: { current: 9 } });
});

t.test('clients: each has to pass, and what they write is one text', async (t) => {
	const client = (exitCode: number, stdout: string) => {
		const written = { bytes: stdout.length, lines: 1, kept: stdout.length };
		const verdict = {
			outcome: exitCode === 0 ? 'passed' : 'failed',
			causes: [],
			sentence: `It exited with ${exitCode}.`,
		};
		return { exitCode, signal: null, verdict, stdout, stderr: '', written: { stdout: written, stderr: written } };
	};
	const of = (...clients: object[]) => ({
		services: [],
		clients: clients as unknown as RunResult[],
		isCutShort: false,
	});
	const { accepts, failures } = judgeClients({ stdout: 'a\nb\n', hits: 'none' });
	t.ok(accepts(client(0, '') as unknown as RunResult));
	t.notOk(accepts(client(1, '') as unknown as RunResult));
	t.strictSame(failures(of(client(0, 'a\n'), client(0, 'b\n'))), []);
	t.match(failures(of(client(0, 'a\n'), client(3, 'b\n'))), [
		{ where: '/verdict', sentence: /^client 2: verdict was failed/ },
	]);
	t.match(failures(of(client(0, 'b\n'))), [{ where: '/stdout', sentence: /^client: stdout is "b\\n"/ }]);
	t.strictSame(judgeClients({ exitCode: 3 }).failures(of(client(3, ''))), []);
	t.match(judgeClients({ exitCode: 3 }).failures(of()), [{ where: '/exitCode', sentence: /the client did not run/ }]);
	const killed = { came: { verdict: { outcome: 'signaled' } }, name: 'db' } as unknown as ServedOne;
	t.match(judgeClients({ exitCode: 3 }).failures({ services: [killed], clients: [], isCutShort: true }), [
		{ where: '/exitCode', sentence: 'the client was killed, as db had ended before it.' },
	]);
	t.strictSame(judgeClients({ verdict: 'signaled' }).failures(of(client(52, ''))), []);
	t.match(judgeClients({}).failures(of(new ProcreadyError('command-not-found', 'x: no such'))), [
		{ sentence: 'client: could not be run: x: no such' },
	]);
	const missing = new ProcreadyError('command-not-found', 'x: no such');
	t.strictSame(judgeClients({ exitCode: 127 }).failures(of(missing)), [], 'as a shell would say it');
	t.match(judgeClients({ exitCode: 127, stdout: 'b' }).failures(of(client(127, 'a'), missing)), [
		{ where: '/stdout', sentence: /stdout is "a"/ },
	]);
	t.match(judgeClients({ exitCode: 126 }).failures(of(missing)), [{ sentence: /could not be run/ }]);
	t.match(judgeClients({ exitCode: [] as never }).mistakes, [{ where: '/exitCode' }]);
});

function thrown(act: () => unknown): ProcreadyError {
	try {
		act();
	} catch (error) {
		if (error instanceof ProcreadyError) return error;
	}
	throw new Error('it did not throw');
}
