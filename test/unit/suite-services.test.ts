/** Cases about services, as they are read: what each service has from where, and what is out of place. */
import t from 'tap';
import { mistakesIn, suiteOf } from '../support/suites.js';

t.test('a service takes what it does not say from the case, the defaults and the suite', async (t) => {
	const { cases } = suiteOf(`
command: [server, 1]
defaults:
  service: { limits: { pids.max: 8 }, env: { A: 1 } }
  limits: { memory.max: 64M, pids.max: 4 }
  ready: { port: 80 }
  stop: { signal: SIGINT }
  expect: { hits: none }
cases:
  - name: one
    service: { limits: { cpu.max: 1 }, env: { B: 2 } }
    client: [one, [two, -n, 3]]
    expect: { stdout: x, usage: { tasks.peak: 1 } }
  - name: two
    service: { shell: 'exec x', expect: { stdout: y } }
    ready: { output: up, timeout: 2s }
  - { name: three, service: {}, ready: { socket: a.sock } }
  - { name: four, service: { rootfs: / }, ready: { socket: a.sock } }
  - { name: five, service: {}, ready: { socket: '\${CASE_DIR}/a.sock' } }
  - { name: six, service: {}, ready: { socket: '@a' } }
`);
	const sockets = cases.slice(2).map(({ serving }) => serving?.services[0]?.ready.socket);
	t.strictSame(sockets, ['/suites/a.sock', '/a.sock', `\${CASE_DIR}/a.sock`, '@a']);
	t.match(cases[0], {
		args: ['server', '1'],
		options: { limits: { memory: '64M', pids: '8', cpu: '1' }, env: { A: '1', B: '2' }, timeout: '1m', cwd: '/suites' },
		expect: { stdout: 'x', hits: 'none', usage: { 'tasks.peak': '1' } },
		alone: true,
		serving: {
			isShared: false,
			clients: ['one', ['two', '-n', '3']],
			services: [{ name: 'service', ready: { port: 80 }, stop: { signal: 'SIGINT' } }],
		},
	});
	t.strictSame(cases[0]?.serving?.services[0]?.one.expect, {
		verdict: 'passed',
		hits: 'none',
		usage: { 'tasks.peak': '1' },
	});
	t.match(cases[1], {
		args: ['sh', '-c', 'exec x'],
		serving: { clients: [], services: [{ ready: { output: 'up', timeout: '2s' }, one: { expect: { stdout: 'y' } } }] },
	});
});

t.test('several services: each has its own, and the case speaks of all', async (t) => {
	const { cases } = suiteOf(`
defaults:
  service: { command: other }
cases:
  - name: pair
    limits: { memory.max: 64M }
    matrix: { pids.max: [4], db.memory.max: [1G], web.env.N: [1, 2] }
    services:
      db: { command: db, ready: { port: 1 } }
      web: { command: 'web \${web.env.N}', ready: { socket: /s }, expect: { hits: { pids.max: 1 } } }
    client: ask \${db.memory.max}
    expect: { hits: none, files: { a: b } }
`);
	t.equal(cases.length, 2);
	t.match(cases[1], {
		name: 'pair [pids.max=4, db.memory.max=1G, web.env.N=2]',
		alone: false,
		serving: {
			isShared: true,
			clients: ['ask 1G'],
			services: [
				{ name: 'db', one: { args: ['db'], options: { limits: { memory: '1G', pids: '4' } } } },
				{
					name: 'web',
					one: { args: ['web', '2'], options: { limits: { memory: '64M', pids: '4' }, env: { N: '2' } } },
				},
			],
		},
	});
	const [db, web] = cases[0]?.serving?.services ?? [];
	t.strictSame(db?.one.expect, { verdict: 'passed', files: { a: 'b' }, hits: 'none' });
	t.strictSame(web?.one.expect, { verdict: 'passed', hits: { 'pids.max': '1' } });
});

t.test('a matrix with services: the nearer key wins, and names of services are names of hosts', async (t) => {
	const { cases } = suiteOf(`
cases:
  - name: x
    matrix: { my-db.pids.max: [8], pids.max: [4], memory.memory.max: [1G] }
    services: { my-db: { command: 'a \${my-db.pids.max}' }, memory: { command: b }, env: { command: c } }
    ready: { port: 1 }
`);
	t.match(cases[0]?.serving?.services, [
		{ one: { args: ['a', '8'], options: { limits: { pids: '8' } } } },
		{ one: { options: { limits: { pids: '4', memory: '1G' } } } },
		{ one: { options: { limits: { pids: '4' } } } },
	]);
	t.match(
		suiteOf(`
cases:
  - name: x
    matrix: { memory.max: [1G] }
    services: { memory: { command: b } }
    ready: { port: 1 }
`).cases[0]?.serving?.services,
		[{ one: { options: { limits: { memory: '1G' } } } }],
	);
});

t.test('what is wrong is said where it stands', async (t) => {
	const wrong: [text: string, ...mistakes: RegExp[]][] = [
		['service: { command: a }', /^\d+:\d+: service lacks "ready"/],
		['{ command: a, ready: { port: 1 } }', /ready is for a case with "service" or "services"/],
		['{ command: a, client: b }', /client is for a case/],
		['{ service: { command: a }, ready: { prot: 1 } }', /"prot" is not known: there are port, /],
		['{ service: { command: a, limts: {} }, ready: { port: 1 } }', /"limts".*did you mean "limits"/],
		['{ service: { command: a, retry: 1 }, ready: { port: 1 } }', /retry/],
		['{ service: { command: a }, ready: { port: 99999 } }', /port.*65535/],
		['{ service: { command: a }, ready: { port: 1, output: x } }', /there is "port" already/],
		['{ service: { command: a }, ready: { port: 1, timeout: 5 } }', /timeout "5" has no unit: write "5s"/],
		['{ service: { command: a }, ready: { port: 1 }, stop: { within: 5 } }', /within "5" has no unit/],
		['{ service: { command: a }, ready: { port: 1 }, stop: { signal: TERM } }', /not a signal such as SIGTERM/],
		['{ service: { command: a, limits: { memory.mx: 1M } }, ready: { port: 1 } }', /"memory.mx".*did you mean/],
		['{ service: { command: a, limits: { pids.max: -1 } }, ready: { port: 1 } }', /pids.max/],
		['{ service: {}, ready: { port: 1 } }', /a case needs a "command"/],
		['{ service: { command: a }, services: { b: { command: a } }, ready: { port: 1 } }', /there is "service" already/],
		['{ services: { a: { command: a, network: veth } }, ready: { port: 1 } }', /share a network of their own/],
		['{ services: { "a b": { command: a } }, ready: { port: 1 } }', /"a b" is not the name of a host/],
		['{ service: { command: a }, ready: { port: 1 }, expect: { exitCode: 1 } }', /exitCode is about a client/],
		[
			'{ service: { command: a }, ready: { port: 1 }, client: b, expect: { stdot: 1 } }',
			/"stdot".*did you mean "stdout"/,
		],
		['{ service: { command: a, expect: { usage: { x: 1 } } }, ready: { port: 1 } }', /"x" is not a figure/],
		[
			'{ services: { a: { command: a } }, ready: { port: 1 }, matrix: { b.pids.max: [1] } }',
			/"b.pids.max" is not a limit; .* of a service, as a.memory.max; did you mean "a.pids.max"\?/,
		],
		[
			'{ services: { a: { command: a } }, ready: { port: 1 }, matrix: { a.pids.mx: [1] } }',
			/"a.pids.mx" is not a limit; .*; did you mean "a.pids.max"\?/,
		],
		['{ services: {}, ready: { port: 1 }, command: a }', /services must not be empty/, /ready is for a case/],
	];
	for (const [text, ...mistakes] of wrong) {
		const members = text.replace(/^\{ ?|\}$/g, (brace) => (text.startsWith('{') ? '' : brace));
		const found = mistakesIn(`cases:\n  - { name: x, ${members} }`);
		t.equal(found.length, mistakes.length, `${text}: ${found.join(' | ')}`);
		for (const [index, mistake] of mistakes.entries()) t.match(found[index], mistake, text);
		for (const one of found) t.match(one, /^2:\d+: /);
	}
	const places = mistakesIn(`
defaults:
  service: { limits: { pids.max: x } }
  ready: { port: 1 }
cases:
  - { name: a, service: { command: a } }
  - { name: b, service: { command: a } }
`);
	t.match(places, [/^3:34: .*in 2 cases/]);
});
