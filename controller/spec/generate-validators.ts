/** Build step: compiles the JSON Schemas into the modules that validate.ts loads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

/** The modules, each with its validators and the schemas that they are of. */
const modules = {
	'validators.cjs': {
		message: 'message.schema.json',
		options: 'options.schema.json',
		resources: 'resources.schema.json',
		seccomp: 'seccomp.schema.json',
		spec: 'spec.schema.json',
	},
	'init-config-validator.cjs': { initConfig: 'init-config.schema.json' },
};

const ajv = new Ajv2020({
	strict: true,
	allowUnionTypes: true,
	strictRequired: false,
	discriminator: true,
	code: { source: true, optimize: 2 },
	inlineRefs: false,
});
for (const file of Object.values(modules).flatMap((files) => Object.values(files)))
	ajv.addSchema(JSON.parse(readFileSync(new URL(`../../../schema/${file}`, import.meta.url), 'utf8')));
for (const [name, files] of Object.entries(modules))
	writeFileSync(new URL(`./${name}`, import.meta.url), standaloneCode.default(ajv, files));
