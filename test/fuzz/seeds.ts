/**
 * Writes what the fuzzer starts from: the init configs of the fixtures and samples, each of the samples with one value in
 * the place of which stands another one, and the words of the schema.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samples } from '../contract/samples.js';
import { bad } from '../fixtures/init-config/bad.js';
import { good } from '../fixtures/init-config/good.js';
import { top } from '../support/paths.js';

const directory = join(top, 'build/fuzz');

/** The largest of the texts only repeat themselves, and would make every run slow: they are tried once. */
const largest = 4096;

/** In the place of any value. */
const others = [
	...[null, true, '', '/', 'new', 'A=1', '=', 'x'.repeat(2000), '\ud83d\ude00\n"\\', '0123456789abcdef'],
	...[0, -1, 1.5, 9_007_199_254_740_991, 9_007_199_254_740_992, [], [0], ['x', 'x'], {}, { x: 0 }],
];

type Value = unknown;

/** The value with each of its parts in turn left out, or another one. */
function* changed(value: Value): Generator<Value> {
	yield* others;
	if (typeof value !== 'object' || value === null) return;
	if (Array.isArray(value)) {
		yield [...value, ...value];
		for (const [i, item] of value.entries()) for (const other of changed(item)) yield value.with(i, other);
		return;
	}
	for (const [name, member] of Object.entries(value)) {
		const { [name]: _, ...rest } = value as Record<string, Value>;
		yield rest;
		for (const other of changed(member)) yield { ...value, [name]: other };
	}
}

/** What no value is written as. */
const numbers = ['1+', '1e5', '01', '-', '0x1', '+1', 'truest'];
const strings = ['"\\u00@0"', '"\\u00!0"', '"\\ud83dx"', '"\\x"', '"\t"', "'x'", '"x'];
const malformed = (sample: string) => [
	...numbers.map((number) => sample.replace(/(?<=:)0\b/, number)),
	...strings.map((string) => sample.replace('"true"', string)),
];

const texts = [
	...samples.map((sample) => JSON.stringify(sample)),
	...samples.flatMap((sample) => [...changed(sample)].map((one) => JSON.stringify(one))),
	...samples.flatMap((sample) => malformed(JSON.stringify(sample))),
	...[...good, ...bad].map(({ text }) => text),
].map((text) => Buffer.from(text as string));

for (const name of ['seeds', 'large']) {
	rmSync(join(directory, name), { recursive: true, force: true });
	mkdirSync(join(directory, name), { recursive: true });
}
for (const [i, text] of texts.entries())
	writeFileSync(join(directory, text.length <= largest ? 'seeds' : 'large', String(i)), text);

const schema = readFileSync(join(top, 'schema/init-config.schema.json'), 'utf8');
const words = new Set([...schema.matchAll(/"\w+"/g)].map(([word]) => word));
const escapes = ['"\\u0000"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u0061"', '"A=1"', '"/"'];
const entries = [...words, ...escapes].map((word) => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
writeFileSync(join(directory, 'dictionary'), `${entries.join('\n')}\n`);
