/** schema/init-config.schema.json against what was written down a second time: field tables, constants, types. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import type { InitConfig } from '../../controller/spec/init-config.js';
import { version } from '../../controller/spec/plan.js';
import { shim, top } from '../support/paths.js';
import { configMax, schemaVerdict, shimVerdict } from './readers.js';

/** As much of JSON Schema as ours use. */
interface Schema {
	$ref?: string;
	const?: unknown;
	enum?: unknown[];
	required?: string[];
	properties?: Record<string, Schema>;
	items?: Schema;
	maxItems?: number;
	uniqueItems?: boolean;
	$defs?: Record<string, Schema>;
}

const read = (file: string) => readFileSync(join(top, file), 'utf8');
const schema: Schema = JSON.parse(read('schema/init-config.schema.json'));

/** Every member that there is. The compiler refuses any that the type does not have. */
const sample = {
	version,
	initType: 'standard',
	args: ['true'],
	env: ['A=1'],
	cwd: '/',
	namespaces: { mount: 'new' },
	rootfsPropagation: 'private',
	mounts: [{ destination: '/proc', type: 'proc', set: ['ro'] }],
	cgroup: { path: '/nonexistent/base/id', directories: ['/nonexistent/base/id'], bases: ['/nonexistent/base'] },
} satisfies InitConfig;

type Path = (string | number)[];

/** Every property and the items of every list, as the schema has them. */
function* places(at: Schema, path: Path = []): Generator<{ path: Path; at: Schema; optional: boolean }> {
	for (const [name, property] of Object.entries(at.properties ?? {})) {
		const optional = !at.required?.includes(name);
		yield { path: [...path, name], at: property, optional };
		yield* places(property, [...path, name]);
	}
	if (!at.items) return;
	yield { path: [...path, 0], at: at.items, optional: true };
	yield* places(at.items, [...path, 0]);
}

type Json = Record<string | number, unknown>;

/** The value in the sample that holds the last of the path. */
function holder(config: unknown, path: Path): Json {
	return path.slice(0, -1).reduce((value, key) => value[key] as Json, config as Json);
}

/** The sample with another value at the path; without one where that is `undefined`. */
function withValue(path: Path, value: unknown): Buffer {
	const config = structuredClone(sample);
	const last = path.at(-1) as string | number;
	if (value === undefined && typeof last === 'number') (holder(config, path) as unknown as unknown[]).splice(last, 1);
	else holder(config, path)[last] = value;
	return Buffer.from(JSON.stringify(config));
}

const values = [null, true, 0, 4294967296, 1.5, '', 'x', '/x', 'A=1', [], ['x'], [null], [{}], [[]], {}];

t.test('a member that is missing or of another type is judged alike by schema and shim', async (t) => {
	t.equal(await shimVerdict(Buffer.from(JSON.stringify(sample))), 'accepted', 'the sample is good');
	for (const { path, at, optional } of places(schema)) {
		const name = `/${path.join('/')}`;
		const without = withValue(path, undefined);
		const verdict = schemaVerdict(without);
		t.strictSame(await shimVerdict(without), verdict, `${name} missing`);
		if (typeof path.at(-1) === 'string') t.equal(verdict === 'accepted', optional, `${name}: missing is refused`);
		for (const value of values) {
			const text = withValue(path, value);
			t.strictSame(await shimVerdict(text), schemaVerdict(text), `${name} is ${JSON.stringify(value)}`);
		}
		if (at.maxItems === undefined || at.uniqueItems) continue;
		for (const count of [at.maxItems, at.maxItems + 1]) {
			const items = holder(sample, path)[path.at(-1) as string] as unknown[];
			const text = withValue(path, Array(count).fill(items[0]));
			const expected = count > at.maxItems ? { refused: `${name}/${at.maxItems}` } : 'accepted';
			t.strictSame(schemaVerdict(text), expected, `${name} of ${count}: schema`);
			t.strictSame(await shimVerdict(text), expected, `${name} of ${count}: shim`);
		}
	}
});

t.test('the types have the properties of the schema, no more and no less', (t) => {
	for (const { path, at } of [{ path: [] as Path, at: schema }, ...places(schema)]) {
		if (!at.properties) continue;
		const value = path.reduce((value, key) => value[key] as Json, sample as unknown as Json);
		t.strictSame(Object.keys(value).sort(), Object.keys(at.properties).sort(), `/${path.join('/')}`);
	}
	t.end();
});

/** NAME = number or NAME = a << b in an enum of the header. */
function constant(name: string): number {
	const [, number, shift] = new RegExp(`\\b${name} = (\\d+)(?: << (\\d+))?,`).exec(read('shim/shim.h')) ?? [];
	return Number(number) * 2 ** Number(shift ?? 0);
}

t.test('the numbers of shim.h', (t) => {
	const { args, env, namespaces, mounts, cgroup } = schema.properties as Record<string, Schema>;
	t.equal(args?.maxItems, constant('ARGS_MAX'));
	t.equal(env?.maxItems, constant('ARGS_MAX'));
	t.equal(mounts?.maxItems, constant('MOUNTS_MAX'));
	t.equal(cgroup?.properties?.directories?.maxItems, constant('CGROUPS_MAX'));
	t.equal(cgroup?.properties?.bases?.maxItems, constant('CGROUPS_MAX'));
	t.equal(namespaces?.maxItems, namespaces?.items?.properties?.type?.enum?.length);
	t.equal(configMax, constant('CONFIG_MAX'));
	t.end();
});

t.test('schema/README.md names the longest config and the longest message', (t) => {
	const documentation = read('schema/README.md');
	t.match(documentation, `${constant('CONFIG_MAX') / 2 ** 20} MiB`);
	t.match(documentation, new RegExp(`\\b${constant('MESSAGE_MAX')}\\b`));
	t.end();
});

t.test('one release', async (t) => {
	t.equal(JSON.parse(read('package.json')).version, version);
	t.equal(schema.properties?.version?.const, version);
	t.equal((await execa(shim, ['--version'])).stdout, `procready-shim ${version}`);
});
