/** What the shim says in real runs is what schema/message.schema.json says, and every type of message is seen. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { validators } from '../../controller/host/release.js';
import type { FromShim, ToShim } from '../../controller/model/messages.js';
import { findViolation } from '../../controller/model/validate.js';
import { base, changed, having } from '../fixtures/init-config/base.js';
import { top } from '../support/paths.js';
import { type Conversation, runThrough, send, speak } from './readers.js';

const program = (...args: string[]) => changed('"true","one"', args.map((arg) => JSON.stringify(arg)).join());

/** The init's clock is a day ahead of the outer's; messages tell the time of the outer's. */
const inAnotherTime = Buffer.from(
	having('"timeOffsets":{"monotonic":{"secs":86400,"nanosecs":0}}')
		.toString()
		.replace('"mount":"new"', '"mount":"new","time":"new"'),
);

/** Every member of every message, as the types have them. */
const rusage = { utime: 0, stime: 0, maxrss: 0, minflt: 0, majflt: 0, inblock: 0, oublock: 0, nvcsw: 0, nivcsw: 0 };
const samples = [
	{ type: 'procCreate' },
	{ type: 'procSetup' },
	{ type: 'procEnter' },
	{ type: 'procHold' },
	{ type: 'procRun' },
	{ type: 'procResize', height: 24, width: 80 },
	{ type: 'procCreated', time: 0, pid: 2 },
	{ type: 'procMounted', time: 0 },
	{ type: 'procReady', time: 0 },
	{ type: 'procHeld', time: 0 },
	{ type: 'procStarted', time: 0 },
	{ type: 'procExited', time: 0, code: 0, rusage },
	{
		type: 'procExited',
		time: 0,
		code: 0,
		rusage,
		full: [1],
		forks: { attempted: 3, refused: [2], interruptible: true },
	},
	{ type: 'procExited', time: 0, signal: 9, coreDumped: false, rusage },
	{
		...{ type: 'procExited', time: 0, signal: 24, coreDumped: false, rusage, cpuTime: 1_000_000 },
		rlimits: [{ type: 'RLIMIT_CPU', soft: 2, hard: -1 }],
	},
	{ type: 'procError', time: 0, step: 'config', errno: 0, pointer: '', message: '' },
] satisfies (FromShim | ToShim)[];

const toShim: string[] = [
	'procCreate',
	'procSetup',
	'procEnter',
	'procHold',
	'procRun',
	'procResize',
] satisfies ToShim['type'][];

interface Schema {
	$defs: Record<string, { properties?: { type?: { const: string } } & Record<string, unknown> }>;
}

const schema: Schema = JSON.parse(readFileSync(join(top, 'schema/message.schema.json'), 'utf8'));

t.test('the types and the schema have the same messages, with the same members', (t) => {
	const ofTypes = new Map<string, Set<string>>();
	for (const sample of samples) {
		t.equal(findViolation(validators.message, sample), undefined, JSON.stringify(sample));
		ofTypes.set(sample.type, new Set([...(ofTypes.get(sample.type) ?? []), ...Object.keys(sample)]));
	}
	const ofSchema = Object.values(schema.$defs).flatMap(({ properties }) => (properties?.type ? [properties] : []));
	t.equal(ofTypes.size, ofSchema.length);
	for (const properties of ofSchema) {
		const type = properties.type?.const ?? '';
		t.strictSame([...(ofTypes.get(type) ?? [])].sort(), Object.keys(properties).sort(), type);
	}
	t.end();
});

t.test('every message of real runs is valid', async (t) => {
	const seen = new Set<string>();
	let pid = 0;
	const check = ({ messages }: Conversation, types: string[]) => {
		for (const message of messages) {
			t.equal(findViolation(validators.message, message), undefined, JSON.stringify(message).slice(0, 100));
			seen.add(message.type);
		}
		t.strictSame(
			messages.map(({ type }) => type),
			types,
		);
		const times = messages.map(({ time }) => time);
		t.strictSame(
			times,
			times.toSorted((a, b) => a - b),
			'time goes on',
		);
	};
	const started = ['procCreated', 'procReady', 'procStarted', 'procExited'];
	check(await runThrough(program('sh', '-c', 'exit 3')), started);
	check(await runThrough(program('sh', '-c', 'kill -9 $$')), started);
	check(await runThrough(program('sh', '-c', 'kill -ABRT $$')), started);
	check(await runThrough(inAnotherTime), started);
	const faulty = await runThrough(having('"forks":{"refuse":[7]}'));
	check(faulty, started);
	t.match(faulty.messages.at(-1), { forks: { attempted: 0, refused: [] } });
	check(await runThrough(program(`/no/such/"program"\n\\${'ü'.repeat(3000)}`)), [
		'procCreated',
		'procReady',
		'procError',
	]);
	check(await runThrough(changed('"destination":"/proc"', '"destination":"/no/such/directory"')), [
		'procCreated',
		'procError',
	]);
	check(await speak(Buffer.from('{"\\u0001\\"~/":0}'), () => {}), ['procError']);
	check(await speak(changed('"A=1"', `"${'\\t'.repeat(5000)}"`), () => {}), ['procError']);
	check(await speak(Buffer.from(base), (_, channel) => channel.end()), ['procError']);
	const mounted = await speak(having('"saysMounted":true'), (message, channel) => {
		if (!message) for (const type of ['procCreate', 'procSetup'] as const) send(channel, { type });
		else if (message.type === 'procMounted') send(channel, { type: 'procEnter' });
		else if (message.type === 'procReady') channel.destroy();
	});
	t.strictSame(mounted.messages.map(({ type }) => type).sort(), ['procCreated', 'procMounted', 'procReady']);
	for (const message of mounted.messages) check({ ...mounted, messages: [message] }, [message.type]);
	const hold = mkdtempSync(join(tmpdir(), 'procready-hold-'));
	try {
		const held = await speak(having(`"hold":${JSON.stringify(hold)}`), (message, channel) => {
			if (!message) for (const type of ['procCreate', 'procSetup', 'procHold'] as const) send(channel, { type });
			// whoever holds it: the init is process 1 of its pid namespace, so SIGKILL ends it whatever it does
			else if (message.type === 'procCreated') pid = message.pid;
			else if (message.type === 'procHeld') process.kill(pid, 'SIGKILL');
		});
		t.strictSame(held.messages.map(({ type }) => type).sort(), ['procCreated', 'procHeld', 'procReady']);
		for (const message of held.messages) check({ ...held, messages: [message] }, [message.type]);
	} finally {
		rmSync(hold, { recursive: true });
	}
	const sent = samples.map(({ type }) => type).filter((type) => !toShim.includes(type));
	t.strictSame([...seen].sort(), [...new Set<string>(sent)].sort(), 'every type was seen');
});

/** The JSON texts of the code blocks, each after its arrow and over as many lines as it takes. */
function transcript(documentation: string): { arrow: string; value: { type?: string } }[] {
	const lines = documentation.split('\n').filter((line) => line.startsWith('    ') && !line.startsWith('      ('));
	const texts = lines.map((line) => line.trim()).join('');
	return texts
		.split(/(?=[→←] )/)
		.map((text) => ({ arrow: text.slice(0, 1), value: JSON.parse(text.slice(2)) as { type?: string } }));
}

t.test('schema/README.md', (t) => {
	const documentation = readFileSync(join(top, 'schema/README.md'), 'utf8');
	for (const { properties } of Object.values(schema.$defs)) {
		if (!properties?.type) continue;
		const type = properties.type.const;
		const row = documentation.split('\n').find((line) => line.startsWith(`| ${type} |`)) ?? '';
		const members = row.split('|')[3] ?? '';
		for (const name of Object.keys(properties).filter((name) => name !== 'type'))
			t.match(members, new RegExp(`\\b${name}\\b`), `${type}: ${name}`);
		t.match(row, toShim.includes(type) ? /controller → / : / → controller/, `${type}: who sends it`);
	}
	const [config, ...messages] = transcript(documentation);
	t.equal(findViolation(validators.initConfig, config?.value), undefined, 'the config of the transcript');
	for (const { arrow, value } of messages) {
		t.equal(findViolation(validators.message, value), undefined, `${value.type} of the transcript`);
		t.equal(arrow, toShim.includes(value.type ?? '') ? '→' : '←', `${value.type}: its arrow`);
	}
	t.ok(messages.length > 5);
	t.end();
});
