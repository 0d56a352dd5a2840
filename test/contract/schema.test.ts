/** schema/init-config.schema.json against the field tables of the shim and the types of the controller, place by place. */
import t, { type Test } from 'tap';
import type { InitConfig } from '../../controller/model/init-config.js';
import { type Path, places, schema } from './places.js';
import { schemaVerdict, shimVerdict, type Verdict } from './readers.js';
import { everything, samples } from './samples.js';

type Json = Record<string | number, unknown>;

/** What stands at the path in the config; `undefined` where there is nothing. */
const valueAt = (config: unknown, path: Path) =>
	path.reduce((value, key) => (value as Json | undefined)?.[key], config);

const sampleWith = (path: Path) => samples.find((sample) => valueAt(sample, path) !== undefined) as InitConfig;

/** The sample with another value at the path; without one where that is `undefined`. */
function changed(sample: InitConfig, path: Path, value: unknown): Buffer {
	const config = structuredClone(sample);
	const holder = valueAt(config, path.slice(0, -1)) as Json;
	const last = path.at(-1) as string | number;
	if (value === undefined && Array.isArray(holder)) holder.splice(last as number, 1);
	else holder[last] = value;
	return Buffer.from(JSON.stringify(config));
}

const withValue = (path: Path, value: unknown) => changed(sampleWith(path), path, value);

/** Both readers say the same: what is expected, or whatever the schema says. */
async function alike(t: Test, name: string, text: Buffer, expected?: Verdict) {
	const verdict = schemaVerdict(text);
	if (expected) t.strictSame(verdict, expected, `${name}: schema`);
	t.strictSame(await shimVerdict(text), verdict, `${name}: shim`);
}

t.test('the samples are good', async (t) => {
	for (const sample of samples) await alike(t, sample.initType, Buffer.from(JSON.stringify(sample)), 'accepted');
});

t.test('the types have the properties of the schema, no more and no less', (t) => {
	for (const { path, at } of [{ path: [] as Path, at: schema }, ...places()]) {
		if (!at.properties) continue;
		const members = Object.keys(valueAt(everything, path) as Json);
		t.strictSame(members.sort(), Object.keys(at.properties).sort(), `/${path.join('/')}`);
	}
	t.end();
});

/** Not required, but other members of the samples need them. */
const needed = ['/namespaces/mount', '/namespaces/pid', '/namespaces/time', '/namespaces/uts', '/target'];

t.test('a member that is missing', async (t) => {
	for (const { path, pointer, required } of places()) {
		if (typeof path.at(-1) === 'number') continue;
		const refused = required || needed.includes(pointer);
		await alike(t, pointer, withValue(path, undefined), refused ? { refused: pointer } : 'accepted');
	}
});

t.test('a member that nobody knows', async (t) => {
	for (const { path, pointer, at } of places()) {
		if (!at.properties) continue;
		const more = { ...(valueAt(sampleWith(path), path) as Json), other: 0 };
		await alike(t, pointer, withValue(path, more), { refused: `${pointer}/other` });
	}
});

const values = [null, true, 0, 4294967296, 1.5, '', 'x', '/x', 'A=1', [], ['x'], [0], [null], [{}], [[]], {}];

t.test('a member of another type or form', async (t) => {
	for (const { path, pointer } of places())
		await Promise.all(
			values.map((value) => alike(t, `${pointer} is ${JSON.stringify(value)}`, withValue(path, value))),
		);
});

t.test('integers, at both ends of what is allowed', async (t) => {
	for (const { path, pointer, at } of places()) {
		if (at.minimum === undefined || at.maximum === undefined) continue;
		for (const value of [at.minimum, at.minimum + 1, at.maximum - 1, at.maximum])
			await alike(t, `${pointer} is ${value}`, withValue(path, value), 'accepted');
		for (const value of [at.minimum - 1, at.maximum + 1])
			await alike(t, `${pointer} is ${value}`, withValue(path, value), { refused: pointer });
	}
});

t.test('names of choices and sets', async (t) => {
	// a sample that joins has its own initType
	for (const { path, pointer, at } of places())
		for (const name of at.enum ?? [])
			await alike(t, `${pointer} is ${name}`, withValue(path, name), name === 'setns' ? undefined : 'accepted');
});

t.test('lists and sets, as long as they may be and longer', async (t) => {
	for (const { path, pointer, at } of places()) {
		const item = valueAt(sampleWith(path), [...path, 0]);
		if (at.uniqueItems) {
			const names = at.items?.enum as string[];
			await alike(t, `${pointer} with all names`, withValue(path, names), 'accepted');
			await alike(t, `${pointer} with one twice`, withValue(path, [...names, names[0]]), {
				refused: `${pointer}/${names.length}`,
			});
		} else if (at.maxItems) {
			await alike(t, `${pointer} full`, withValue(path, Array(at.maxItems).fill(item)), 'accepted');
			await alike(t, `${pointer} and one more`, withValue(path, Array(at.maxItems + 1).fill(item)), {
				refused: `${pointer}/${at.maxItems}`,
			});
		}
	}
});

t.test('the largest of all configs', async (t) => {
	const largest = structuredClone(samples[0]) as InitConfig;
	// from the inside out, so that what is repeated is full already
	for (const { path, at } of [...places()].reverse()) {
		const holder = valueAt(largest, path.slice(0, -1)) as Json | undefined;
		const last = path.at(-1) as string | number;
		if (!holder || holder[last] === undefined) continue;
		if (at.uniqueItems) holder[last] = at.items?.enum;
		else if (at.maxItems) holder[last] = Array(at.maxItems).fill((holder[last] as unknown[])[0]);
	}
	await alike(t, 'every list is full', Buffer.from(JSON.stringify(largest)), 'accepted');
});
