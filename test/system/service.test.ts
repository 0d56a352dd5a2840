/** `Service` of the library, on real servers: ready in each way, with clients, and stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type Ready, Service, ServiceFailure, type ServiceOptions } from '../../controller/index.js';
import { leftoversAfter } from '../support/leftovers.js';
import { probe, python, top } from '../support/paths.js';

/** It serves files, and says that it does. */
const file = `
import sys, os, socket, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/exit': os._exit(3)
        if self.path == '/fill': self.server.held = bytearray(200 << 20)
        self.send_response(404 if self.path == '/missing' else 200)
        self.end_headers()
        self.wfile.write(b'served')
    def log_message(self, *_): pass
class Server(http.server.HTTPServer):
    address_family = socket.AF_INET6 if ':' in sys.argv[2] else socket.AF_INET
Server((sys.argv[2], int(sys.argv[1])), Handler).serve_forever() if not print('listening', flush=True) else 0
`;
const dir = t.testdir({ 'server.py': file });
const server = (port: number, host = '127.0.0.1') => [python, `${dir}/server.py`, String(port), host];
const asking = (url: string) => [
	python,
	'-c',
	`import urllib.request; print(urllib.request.urlopen('${url}', timeout=20).read().decode())`,
];

/** A port that nobody has. */
async function freePort(): Promise<number> {
	const taken = createServer().listen(0, '127.0.0.1');
	await once(taken, 'listening');
	const { port } = taken.address() as { port: number };
	taken.close();
	await once(taken, 'close');
	return port;
}

async function failureOf(args: string[], options: ServiceOptions): Promise<ServiceFailure> {
	try {
		await Service.start(args, options);
	} catch (error) {
		if (error instanceof ServiceFailure) return error;
		throw error;
	}
	throw new Error('it became ready');
}

t.test('ready in each way, a client, and the end on the signal', async (t) => {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}/`;
	const ways: Record<string, Ready> = {
		port: { port },
		'port of an address': { port, host: '127.0.0.1' },
		output: { output: '/^listening$/m' },
		command: { command: asking(url) },
		'a script': { command: `${python} -c 'import urllib.request; urllib.request.urlopen("${url}")' 2>&-` },
		http: { http: { url } },
		'http with a status': { http: { url: `${url}missing`, status: 404 } },
	};
	for (const [name, ready] of Object.entries(ways)) {
		await using service = await Service.start(server(port), { ready, limits: { memory: '64M' } });
		t.match(await service.client(asking(url)), { exitCode: 0, stdout: 'served\n' }, name);
		const result = await service.stop();
		t.match(result, { verdict: { outcome: 'passed', causes: [] }, stdout: 'listening\n' }, name);
		t.match(result.stop, { signal: 'SIGTERM', within: 5000, ended: 'on the signal', after: Number }, name);
		const { ready: until, clients, end } = result.phases;
		const parts = [until, clients, end].map((phase) => phase?.wallTime ?? 0);
		t.ok(parts.every((time) => time > 0));
		t.equal(until?.tasks.peak, result.usage.tasks.peak);
		const cpu = [until, clients, end].reduce((sum, phase) => sum + (phase?.cpu.total ?? 0), 0);
		t.ok(cpu <= (result.usage.cpu.total ?? 0) + 0.01, 'no phase counts what another one has counted');
		t.equal(until?.wallTime, result.readyAfter);
	}
});

t.test('a socket of IPv6, and unix sockets, relative and abstract too', async (t) => {
	const port = await freePort();
	await using six = await Service.start(server(port, '::1'), { ready: { port } });
	t.equal((await six.client(asking(`http://[::1]:${port}/`))).exitCode, 0);
	const bound = (name: string) => [
		python,
		'-c',
		`import socket,time; s = socket.socket(socket.AF_UNIX); s.bind(${name}); s.listen(); time.sleep(99)`,
	];
	for (const [name, socket] of [
		[`'${dir}/a.sock'`, `${dir}/a.sock`],
		[`'b.sock'`, `${dir}/b.sock`],
		[`'\\\\0procready-test'`.replace('\\\\', '\\'), '@procready-test'],
	] as const) {
		await using service = await Service.start(bound(name), { ready: { socket }, cwd: dir });
		t.match(await service.stop(), { verdict: { outcome: 'passed' } }, socket);
	}
});

t.test('one that ends before it is ready, with its last words', async (t) => {
	const port = await freePort();
	const error = await failureOf(['sh', '-c', 'echo no config >&2; exit 0'], { ready: { port } });
	t.match(error, { code: 'service-failed', result: { readyAfter: null, stop: { ended: 'by itself', after: null } } });
	t.match(error.result.verdict, { outcome: 'failed', sentence: /status 0, before it was ready: port \d+ was awaited/ });
	t.match(error.message, /stderr:\n {2}no config/);
});

t.test('one that is not ready in time, for a limit that it has hit', async (t) => {
	const script = '(sleep 99 & sleep 99) 2>&1; sleep 99';
	const error = await failureOf(['sh', '-c', script], { ready: { output: 'up', timeout: 500 }, limits: { pids: 1 } });
	t.match(error.result.verdict, { outcome: 'failed', causes: [{ limit: 'pids.max' }] });
	t.match(error.message, /not ready within 500 ms: output "up" was awaited|before it was ready/);
	const late = await failureOf(['sleep', '99'], { ready: { port: await freePort(), timeout: 100 } });
	t.match(late.message, /within 100 ms: port \d+ was awaited, and nothing listens on port/);
	t.match(late.result.stop, { ended: 'on the signal' });
});

t.test('another process is never taken for it', async (t) => {
	const taken = createServer().listen(0, '127.0.0.1');
	await once(taken, 'listening');
	const { port } = taken.address() as { port: number };
	await t.rejects(Service.start(server(port), { ready: { port } }), {
		code: 'service-failed',
		message: new RegExp(`port ${port} is in use already, by process ${process.pid} `),
	});
	taken.close();
	// one that begins to listen only later
	const other = spawn(python, ['-c', `import time; time.sleep(0.3)\n${file}`, String(port), '127.0.0.1'], {
		stdio: 'ignore',
	});
	const error = await failureOf(['sleep', '99'], { ready: { port, timeout: 8000 } });
	t.match(error.message, /another process listens on port/);
	other.kill('SIGKILL');
	const away = await failureOf(server(port), { ready: { port, host: '127.0.0.9', timeout: 8000 } });
	t.match(away.message, new RegExp(`it listens on 127.0.0.1:${port} only`));
});

t.test('one that ends while a client runs ends the client', async (t) => {
	const port = await freePort();
	const ready = { port };
	{
		await using service = await Service.start(server(port), { ready });
		await t.rejects(
			service.client(
				`${asking(`http://127.0.0.1:${port}/exit`)
					.map((word) => `"${word}"`)
					.join(' ')}; sleep 86431`,
			),
			{
				code: 'service-failed',
				result: { exitCode: 3, verdict: { outcome: 'failed', sentence: /status 3, while a client ran/ } },
			},
		);
	}
	await using service = await Service.start(server(port), { ready, limits: { memory: '64M' } });
	const [python3, ...words] = asking(`http://127.0.0.1:${port}/fill`);
	await t.rejects(service.client(['sh', '-c', '"$@"; sleep 86431', 'sh', python3 as string, ...words]), {
		code: 'service-failed',
		result: { verdict: { outcome: 'signaled', causes: [{ limit: 'memory.max', fatal: true }] } },
	});
});

t.test('one that heeds no signal is killed in the end', async (t) => {
	const script = 'trap "" TERM; echo up; while :; do sleep 0.05; done';
	const stop = { within: '200ms' };
	await using service = await Service.start(['sh', '-c', script], { ready: { output: 'up' }, stop });
	t.match(await service.stop(), {
		signal: 'SIGKILL',
		stop: { ended: 'killed' },
		verdict: { outcome: 'signaled', sentence: 'SIGTERM did not end it within 200 ms, so it was killed.' },
	});
});

t.test('in a network of its own, where its clients are too, or which the host reaches', async (t) => {
	await using service = await Service.start(server(80), {
		ready: { http: { url: 'http://127.0.0.1/' } },
		network: 'none',
	});
	t.match(await service.client(asking('http://127.0.0.1/')), { stdout: 'served\n' });
	await using linked = await Service.start(server(80, '0.0.0.0'), { ready: { port: 80 }, network: 'veth' });
	t.match(await linked.client(asking('http://service/')), { stdout: 'served\n' });
});

t.test('a client has exit status, output and time, whatever the limits of the service', async (t) => {
	await using service = await Service.start(['sh', '-c', 'echo up; exec sleep 99'], {
		ready: { output: 'up' },
		limits: { pids: 1, memory: '1M' },
	});
	const result = await service.client(`${probe} touch 8388608; cat; echo $X >&2; exit 4`, {
		env: { X: 'y' },
		input: 'in',
	});
	t.match(result, { exitCode: 4, stdout: /in$/, stderr: 'y\n', limits: [] });
	t.ok(result.wallTime > 0);
	t.match(await service.client('sleep 86431', { timeout: 100 }), { timedOut: true });
	await t.rejects(service.client(['no-such-command']), { code: 'command-not-found' });
	t.match((await service.stop()).verdict, { outcome: 'passed', causes: [] });
});

t.test('an abort ends all, and so does a SIGKILL of whoever started it', async (t) => {
	const abort = new AbortController();
	const signal = abort.signal;
	await using service = await Service.start(['sh', '-c', 'echo up; exec sleep 86432'], {
		ready: { output: 'up' },
		signal,
	});
	const client = service.client('sleep 86433');
	setTimeout(() => abort.abort(), 100);
	await t.rejects(client, { code: 'aborted' });
	await t.rejects(service.stop(), { code: 'aborted' });
	const source = `
import { Service } from '${join(top, 'dist/controller/index.js')}';
const service = await Service.start(['sh', '-c', 'echo up; exec sleep 86432'], { ready: { output: 'up' } });
const client = service.client('echo up >${dir}/up; sleep 86433');
await client;
`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	while (!existsSync(`${dir}/up`) || readFileSync(`${dir}/up`, 'utf8') === '')
		await new Promise((next) => setTimeout(next, 20));
	child.kill('SIGKILL');
	await once(child, 'exit');
	t.strictSame(await leftoversAfter('sleep 8643'), []);
});
