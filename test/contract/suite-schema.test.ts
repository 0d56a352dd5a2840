/** schema/suite.schema.json against the tables of the code, and against what the loader says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { compile } from '../../controller/harness/expect/check.js';
import { figureNames, hitCounters } from '../../controller/harness/expect/figures.js';
import { textTests } from '../../controller/harness/expect/text.js';
import { validators } from '../../controller/host/release.js';
import { limits } from '../../controller/model/limits.js';
import { ownLimits } from '../../controller/model/own-limits.js';
import { top } from '../support/paths.js';
import { membersOf, readSchema } from '../support/schemas.js';
import { mistakesIn } from '../support/suites.js';

const read = (file: string) => JSON.parse(readFileSync(join(top, 'schema', file), 'utf8'));
const schema = read('suite.schema.json');
const keys = (object: object) => Object.keys(object).sort();
const { case: oneCase, expect, text } = schema.$defs;

/** Options that are of a library only, or of which a suite has its own. */
const otherwise = ['signal', 'stdin', 'stdout', 'stderr', 'fds', 'name', 'consoleSocket'];

t.test('every option of the library may be given, under its own name', async (t) => {
	const members = membersOf(oneCase);
	const options = keys(membersOf(readSchema('options.schema.json'))).filter((name) => !otherwise.includes(name));
	for (const name of options) t.ok(members[name], name);
	for (const name of otherwise.filter((name) => name !== 'name')) t.notOk(members[name], name);
});

t.test('limits, figures and expectations are those that there are', async (t) => {
	t.strictSame(
		keys(schema.$defs.limits.properties),
		[...limits, ...ownLimits]
			.map(({ name }) => name as string)
			.filter((name) => !name.includes('*'))
			.sort(),
	);
	t.strictSame(keys(expect.properties.usage.properties), [...figureNames].sort());
	t.strictSame(keys(expect.properties.hits.properties), keys(hitCounters));
	t.strictSame(keys(text.properties), [...textTests].sort());
	t.strictSame(keys(expect.properties.files.additionalProperties.properties), [...textTests, 'exists'].sort());
});

t.test('every key has a word of documentation for editors', async (t) => {
	const walk = (at: Record<string, unknown>, path: string): void => {
		if (typeof at !== 'object' || at === null) return;
		for (const [name, value] of Object.entries(membersOf(at) as Record<string, Record<string, unknown>>)) {
			if (typeof value !== 'object') continue;
			const target = typeof value.$ref === 'string' ? schema.$defs[value.$ref.split('/').at(-1) as string] : undefined;
			t.ok(value.description ?? target?.description, `${path}/${name}`);
			walk(value, `${path}/${name}`);
		}
	};
	walk(schema, '');
	for (const name of ['case', 'expect', 'text']) walk(schema.$defs[name], name);
});

t.test('an expectation that the schema refuses is refused', async (t) => {
	for (const given of [
		{ exitCode: [] },
		{ signal: 9 },
		{ verdict: 'odd' },
		{ verdict: ['any'] },
		{ stdout: [3] },
		{ stdout: { lines: [] } },
		{ stdout: { exists: true } },
		{ hits: 'some' },
		{ hits: { x: 1 } },
		{ usage: { x: 1 } },
		{ usage: { 'memory.peak': true } },
		{ wall: null },
		{ files: { a: [3] } },
		{ files: { a: { exists: 1 } } },
		{ other: 1 },
	]) {
		const suite = { command: 'a', cases: [{ name: 'x', expect: given }] };
		t.notOk(validators.suite(suite), JSON.stringify(given));
		t.not(compile(given as never).mistakes.length, 0, JSON.stringify(given));
		t.not(mistakesIn(JSON.stringify(suite)).length, 0, JSON.stringify(given));
	}
});
