/** What is generated and committed is what its source says today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { generatedTypes } from '../../controller/build/generate-types.js';
import { top } from '../support/paths.js';

t.test('the types of the init config and of the messages are those of schema/; else: make generate', async (t) => {
	for (const [path, text] of Object.entries(generatedTypes()))
		t.equal(readFileSync(join(top, path), 'utf8'), text, path);
});
