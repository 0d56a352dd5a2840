/** schema/result.schema.json and schema/events.schema.json: strict, with a word on each member, and what the types say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { generatedSchemas } from '../../controller/build/generate-schemas.js';
import { errorContent, reporting } from '../../controller/cli/report.js';
import { errorCodes, ProcreadyError } from '../../controller/errors.js';
import { jsonl } from '../../controller/harness/reporters/jsonl.js';
import { namedLimits } from '../../controller/report/named.js';
import { top, version } from '../support/paths.js';
import { faults } from '../support/report-schemas.js';
import { resultOf, usage } from '../support/runs.js';

interface Schema {
	[keyword: string]: unknown;
	properties?: Record<string, Schema>;
}

const texts = generatedSchemas();

/** All schemas that are in one, by their paths. */
function* inside(schema: unknown, path = ''): Generator<[path: string, schema: Schema]> {
	if (typeof schema !== 'object' || schema === null) return;
	yield [path, schema as Schema];
	for (const [name, value] of Object.entries(schema)) yield* inside(value, `${path}/${name}`);
}

t.test('they are what the types and their comments say; else: make generate', async (t) => {
	t.strictSame(Object.keys(texts), [
		'schema/result.schema.json',
		'schema/events.schema.json',
		'schema/serve-answers.schema.json',
	]);
	for (const [path, text] of Object.entries(texts)) t.equal(readFileSync(join(top, path), 'utf8'), text, path);
});

t.test('every object is closed, and every member has a description', async (t) => {
	for (const [file, text] of Object.entries(texts))
		for (const [path, { type, properties, additionalProperties }] of inside(JSON.parse(text))) {
			if (path !== '' && type === 'object' && !path.endsWith('/properties'))
				t.equal(additionalProperties, false, `${file}${path}`);
			if (path.endsWith('/properties') || typeof properties !== 'object') continue;
			for (const [name, { description }] of Object.entries(properties))
				t.ok(typeof description === 'string' && description.length > 4, `${file}${path}/${name}`);
		}
});

/** `null` is one of its values, and where that is said: beside it, or in what it refers to. */
function nullOf({ description, $ref, ...rest }: Schema, definitions: Record<string, Schema>) {
	const target = typeof $ref === 'string' ? definitions[$ref.replace('#/$defs/', '')] : rest;
	const { type, anyOf, description: more } = target as Schema;
	const isNull = [type].flat().includes('null') || (anyOf as Schema[] | undefined)?.some(({ type }) => type === 'null');
	return { isNull, said: `${description} ${more}` };
}

t.test('what may be null says what that means', async (t) => {
	for (const [file, text] of Object.entries(texts)) {
		const whole = JSON.parse(text);
		const members = [...inside(whole)].flatMap(([path, { properties }]) =>
			path.endsWith('/properties') ? [] : Object.entries(properties ?? {}).map(([name, one]) => ({ path, name, one })),
		);
		for (const { path, name, one } of members) {
			const { isNull, said } = nullOf(one, whole.$defs);
			if (isNull) t.match(said, /`null`/, `${file}${path}/${name}`);
		}
	}
});

const complete = (members = {}) => reporting(['prog']).complete({ kind: 'result', ...resultOf(), ...members } as never);
const begun = {
	schemaVersion: 1,
	version,
	time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
	host: String,
	kernel: String,
};

t.test('a report begins with what it is and where it is from', async (t) => {
	const report = complete();
	t.match(report, { kind: 'result', ...begun, command: ['prog'], exitCode: 0 });
	t.strictSame(Object.keys(report).slice(0, 7), [
		...['kind', 'schemaVersion', 'version', 'time', 'host', 'kernel', 'command'],
	]);
	t.strictSame(faults('result', JSON.parse(JSON.stringify(report))), []);
});

t.test('every cause, at every level, and what is not known', async (t) => {
	const levels = ['self', 'below', 'ancestor', 'host'] as const;
	const victim = {
		...{ name: 'a', pid: 3, rss: null, oomScoreAdj: null, cgroup: '', level: 'self', path: '', program: null },
	};
	for (const limit of namedLimits)
		for (const [index, level] of levels.entries()) {
			const cause = {
				...{ limit, level, value: '1', hits: 1, evidence: 'x', sentence: 'y', fatal: [true, false, null][index % 3] },
				...[{}, { victims: null }, { victims: [victim] }, { path: '/a', until: 3.5 }][index],
			};
			const verdict = { outcome: 'failed', causes: [cause], sentence: 'z' };
			t.strictSame(faults('result', complete({ verdict })), [], `${limit} ${level}`);
		}
	const unknown = JSON.parse(JSON.stringify(usage), (_, value) => (typeof value === 'number' ? null : value));
	t.strictSame(faults('result', complete({ usage: unknown, exitCode: null, coreDumped: null, notes: ['x'] })), []);
});

t.test('every code of an error', async (t) => {
	for (const code of Object.keys(errorCodes)) {
		const error = new ProcreadyError(code as never, 'x', { where: '--y', step: 'exec', errno: 'ENOENT' });
		const report = JSON.parse(JSON.stringify(reporting(null).complete(errorContent(error, 'said'))));
		t.strictSame(faults('result', report), [], code);
		t.match(report, { command: null, error: { code, message: 'said' } });
	}
});

t.test('what is not a report is refused, with the place', async (t) => {
	for (const [members, fault] of [
		[{ more: 1 }, /additional properties .*more/],
		[{ usage: { ...usage, more: 1 } }, /^\/usage .*more/],
		[{ wallTime: '1' }, /^\/wallTime must be number/],
		[{ exitCode: undefined }, /exitCode/],
		[{ schemaVersion: 2 }, /^\/schemaVersion must be equal to constant/],
		[{ kind: 'other' }, /tag "kind"/],
		[{ verdict: { outcome: 'odd', causes: [], sentence: '' } }, /^\/verdict\/outcome/],
	] as const)
		t.match(faults('result', JSON.parse(JSON.stringify({ ...complete(), ...members })))[0], fault);
});

t.test('the first event alone says what the events are', async (t) => {
	const lines: string[] = [];
	const tell = jsonl({ write: (text) => lines.push(text), isTerminal: false, hasColours: false });
	const whole = {
		shard: { index: 1, count: 1 },
		division: 'slice',
		times: undefined,
		bail: undefined,
		suites: [],
	} as const;
	tell({
		type: 'start',
		suites: [],
		whole: { ...whole, suites: [] },
		estimate: { started() {}, ended() {}, left: () => undefined },
	});
	tell({
		type: 'end',
		summary: { suites: [], passed: 1, failed: 0, skipped: 0, notRun: 0, flaky: 0, interrupted: false, duration: 2 },
	});
	const [start, end] = lines.map((line) => JSON.parse(line));
	t.match(start, { type: 'start', ...begun });
	t.notOk('schemaVersion' in end);
	for (const event of [start, end]) t.strictSame(faults('events', event), []);
	t.not(faults('events', { ...end, more: 1 }).length, 0);
	t.not(faults('events', { ...start, version: undefined }).length, 0);
});
