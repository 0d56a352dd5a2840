/** Writes what the fuzzer starts from: the init configs of the fixtures and samples, and the words of the schema. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samples } from '../contract/samples.js';
import { bad } from '../fixtures/init-config/bad.js';
import { good } from '../fixtures/init-config/good.js';
import { top } from '../support/paths.js';

const directory = join(top, 'build/fuzz');
const corpus = join(directory, 'corpus');

/** The largest of the texts only repeat themselves, and would make every run slow. */
const largest = 4096;

mkdirSync(corpus, { recursive: true });
const texts = [
	...samples.map((sample) => Buffer.from(JSON.stringify(sample))),
	...[...good, ...bad].map(({ text }) => text),
];
for (const [i, text] of texts.filter(({ length }) => length <= largest).entries())
	writeFileSync(join(corpus, `seed-${i}`), text);

const schema = readFileSync(join(top, 'schema/init-config.schema.json'), 'utf8');
const words = new Set([...schema.matchAll(/"\w+"/g)].map(([word]) => word));
const escapes = ['"\\u0000"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u0061"', '"A=1"', '"/"'];
const entries = [...words, ...escapes].map((word) => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
writeFileSync(join(directory, 'dictionary'), `${entries.join('\n')}\n`);
