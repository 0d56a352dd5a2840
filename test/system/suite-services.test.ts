/** Suites of services: one on the network of the host, several in a network of their own, and what every reporter says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, python } from '../support/paths.js';
import { faults } from '../support/report-schemas.js';

const server = `
import sys, os, http.server, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/exit': os._exit(3)
        if self.path == '/fill': self.server.held = bytearray(200 << 20)
        text = open('/etc/hosts').read().encode() if self.path == '/hosts' else os.environ.get('SAYS', 'served').encode()
        if self.path == '/other': text = urllib.request.urlopen(sys.argv[2]).read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *_): pass
http.server.HTTPServer(('', int(sys.argv[1])), Handler).serve_forever() if not print('up', flush=True) else 0
`;
const ask = `
import sys, urllib.request
for url in sys.argv[1:]: print(urllib.request.urlopen(url, timeout=20).read().decode())
`;

const temporary = mkdtempSync(join(tmpdir(), 'procready-test-'));
process.env.TMPDIR = temporary;
t.teardown(() => rmSync(temporary, { recursive: true }));
const port = 21_000 + (process.pid % 9000);
const dir = t.testdir({ 'server.py': server, 'ask.py': ask });

async function testSuite(text: string, ...args: string[]) {
	writeFileSync(`${dir}/procready.yaml`, text);
	const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, 'test', ...args], {
		cwd: dir,
		reject: false,
	});
	return { status: exitCode, stdout, stderr };
}

const one = `
defaults:
  service: { command: [${python}, server.py, ${port}] }
  ready: { port: ${port} }
`;

t.test('a service, its clients, and what of it may be expected', async (t) => {
	const { status, stdout } = await testSuite(
		`
${one}
cases:
  - name: serves
    matrix: { memory.max: [64M, 96M], env.SAYS: [a] }
    retry: 1
    repeat: 2
    before: test -d $CASE_DIR && echo set up >$CASE_DIR/before
    after: test -e $CASE_DIR/client
    client:
      - cat $CASE_DIR/before; touch $CASE_DIR/client
      - [${python}, ask.py, 'http://127.0.0.1:${port}/', 'http://127.0.0.1:${port}/']
    expect:
      exitCode: 0
      stdout: { lines: 3, matches: '/^set up\\na\\na$/' }
      hits: none
      usage: { memory.peak: '< \${memory.max}', tasks.peak: '1..9' }
      wall: '< 1m'
      files: { '\${CASE_DIR}/client': '' }
  - name: a client that fails as it is expected to
    client: exit 3
    expect: { exitCode: 3 }
  - name: killed while a client runs
    service: { limits: { memory.max: 64M } }
    client: ${python} ask.py http://127.0.0.1:${port}/fill; sleep 86441
    expect: { verdict: signaled, signal: SIGKILL, hits: { memory.max: '>= 1' } }
  - name: never ready
    ready: { output: never, timeout: 200ms }
    client: 'true'
    expect: { verdict: failed }
  - name: no client, what it says, and its own way to stop
    ready: { output: up }
    stop: { signal: SIGINT, within: 10s }
    service: { expect: { stdout: up, stderr: /KeyboardInterrupt/, signal: SIGINT } }
  - name: a socket in the directory of the case
    ready: { socket: '\${CASE_DIR}/s.sock' }
    service: { command: [${python}, '-c', 'import socket,time; s = socket.socket(socket.AF_UNIX); s.bind("\${CASE_DIR}/s.sock"); s.listen(); time.sleep(99)'] }
    client: test -S $CASE_DIR/s.sock
  - name: limits that nothing starts in
    service: { limits: { memory.max: 4K } }
    client: 'true'
    expect: { error: limit-too-small }
`,
		'-r',
		'tap',
		'--jobs',
		'2',
	);
	t.equal(status, 0, stdout);
});

t.test('several know each other by name, in a network of which the host has nothing', async (t) => {
	const before = readdirSync('/sys/class/net');
	const { status, stdout } = await testSuite(
		`
defaults: { service: { command: 'false' } }
cases:
  - name: pair
    matrix: { db.env.SAYS: [one, two], pids.max: [30] }
    services:
      db: { command: [${python}, server.py, 80], ready: { http: { url: 'http://db/' } }, limits: { memory.max: 64M } }
      web:
        command: [${python}, server.py, 80, 'http://db/']
        ready: { port: 80 }
        expect: { usage: { memory.peak: '< 64M' } }
    client: ${python} ask.py http://db/ http://web/ http://web/other; ls /sys/class/net >&2
    expect: { stdout: "\${db.env.SAYS}\\nserved\\n\${db.env.SAYS}", hits: none }
  - name: the second does not come up
    services:
      db: { command: [${python}, server.py, 80], ready: { port: 80 } }
      web: { shell: 'echo no config; exit 7', ready: { port: 80 }, expect: { verdict: failed, exitCode: 7 } }
    client: 'true'
  - name: listens where nobody comes
    services:
      db:
        command: [${python}, '-c', 'import socket,time; s = socket.create_server(("127.0.0.1", 80)); time.sleep(99)']
        ready: { port: 80, timeout: 500ms }
        expect: { verdict: failed }
`,
		'-r',
		'pretty',
		'--jobs',
		'2',
	);
	t.equal(status, 0, stdout);
	t.strictSame(readdirSync('/sys/class/net'), before);
});

const failing = `
name: services
${one}
cases:
  - name: fails
    service: { limits: { pids.max: 30 } }
    client: [echo asked, '${python} ask.py http://127.0.0.1:${port}/; echo & oops >&2; exit 5']
    expect: { hits: none, usage: { tasks.peak: 0 } }
  - name: ends
    client: ${python} ask.py http://127.0.0.1:${port}/exit; sleep 86442
`;

t.test('what failed is told by every reporter, with a line that is true', async (t) => {
	const wanted = [/tasks\.peak/, /client 2: verdict/, /status 5/, /while a client ran/, /service stdout/];
	for (const reporter of ['pretty', 'tap', 'tap13', 'junit', 'github']) {
		const { status, stdout } = await testSuite(failing, '-r', reporter);
		t.equal(status, 1, reporter);
		for (const one of wanted) t.match(stdout, one, reporter);
		t.match(stdout, /procready test procready\.yaml:\d+/, reporter);
		t.notMatch(stdout, /procready run/, reporter);
	}
	const { stdout } = await testSuite(
		`${failing}  - { name: cannot be run, client: [[no-such-command]] }\n`,
		'-r',
		'jsonl',
	);
	const events = stdout.split('\n').map((line) => JSON.parse(line));
	for (const event of events) t.strictSame(faults('events', event), [], `${event.type} ${event.case}`);
	const ends = events.filter(({ type }) => type === 'case-end');
	t.match(ends, [
		{
			services: [{ name: 'service', result: { verdict: { outcome: 'passed' }, stop: { ended: 'on the signal' } } }],
			clients: [{ result: { stdout: 'asked\n' } }, { result: { exitCode: 5 } }],
			reproduce: [/^procready test procready.yaml:\d+$/],
		},
		{ services: [{ result: { exitCode: 3, stop: { ended: 'by itself' } } }], clients: [] },
		{ services: [{ result: { exitCode: null } }], clients: [{ error: { code: 'command-not-found' } }] },
	]);
	const again = await testSuite(failing, '-r', 'tap', `procready.yaml:${ends[0].line}`);
	t.match(again.stdout, /1\.\.1\n/);
});

for (const signal of ['SIGINT', 'SIGKILL'] as const)
	t.test(`${signal} leaves neither services nor clients`, async (t) => {
		const mark = `86443.${signal.length}`;
		writeFileSync(
			`${dir}/procready.yaml`,
			`
cases:
  - name: pair
    services:
      a: { shell: 'echo up; exec sleep ${mark}', ready: { output: up } }
      b: { shell: 'echo up; exec sleep ${mark}', ready: { output: up } }
    client: touch ${dir}/${signal}; sleep ${mark}
`,
		);
		const child = spawn(process.execPath, [cli, 'test'], { cwd: dir, stdio: 'ignore' });
		const exit = once(child, 'exit');
		while (!existsSync(`${dir}/${signal}`)) await sleep(20);
		child.kill(signal);
		t.strictSame(await exit, signal === 'SIGINT' ? [130, null] : [null, signal]);
		t.strictSame(await leftoversAfter(mark), []);
	});
