/** The table of error codes: each is documented, and none is without use. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { errorCodes } from '../../controller/errors.js';
import { top } from '../support/paths.js';

const read = (file: string) => readFileSync(join(top, file), 'utf8');

const sources = readdirSync(join(top, 'controller'), { recursive: true, encoding: 'utf8' })
	.filter((file) => file.endsWith('.ts') && file !== 'errors.ts')
	.map((file) => read(join('controller', file)));

t.test('every code is used', (t) => {
	for (const code of Object.keys(errorCodes))
		t.ok(
			sources.some((source) => source.includes(`'${code}'`)),
			code,
		);
	t.end();
});

t.test('every code is documented in controller/README.md', (t) => {
	const documentation = read('controller/README.md');
	for (const code of Object.keys(errorCodes)) t.ok(documentation.includes(`\`${code}\``), code);
	t.end();
});
