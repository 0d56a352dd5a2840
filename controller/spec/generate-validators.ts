/** Build step: compiles the JSON Schemas into the module that validate.ts loads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

const files = {
	initConfig: 'init-config.schema.json',
	message: 'message.schema.json',
	options: 'options.schema.json',
	resources: 'resources.schema.json',
	seccomp: 'seccomp.schema.json',
	spec: 'spec.schema.json',
};

const ajv = new Ajv2020({
	strict: true,
	allowUnionTypes: true,
	strictRequired: false,
	discriminator: true,
	code: { source: true },
});
for (const file of Object.values(files))
	ajv.addSchema(JSON.parse(readFileSync(new URL(`../../../schema/${file}`, import.meta.url), 'utf8')));
writeFileSync(new URL('./validators.cjs', import.meta.url), standaloneCode.default(ajv, files));
