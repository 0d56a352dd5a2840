/** Build step: compiles the JSON Schemas into the modules that validate.ts loads. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

/** Each module with its validators and the schemas that they are of. What people write is in the first. */
const modules = {
	'validators.cjs': {
		message: 'message.schema.json',
		options: 'options.schema.json',
		resources: 'resources.schema.json',
		seccomp: 'seccomp.schema.json',
		spec: 'spec.schema.json',
	},
};

const schemas = readdirSync(new URL('../../../schema', import.meta.url)).filter((file) =>
	file.endsWith('.schema.json'),
);

const options = {
	strict: true,
	allowUnionTypes: true,
	strictRequired: false,
	discriminator: true,
	code: { source: true, optimize: 2 },
	inlineRefs: false,
};
// verbose: an error has the schema with the names that there are, so that the one that was meant can be said
generate(new Ajv2020({ ...options, verbose: true }), modules);
generate(new Ajv2020(options), { 'init-config-validator.cjs': { initConfig: 'init-config.schema.json' } });
// people write these by hand: all that is wrong is said at once
generate(new Ajv2020({ ...options, allErrors: true, verbose: true }), {
	'suite-validator.cjs': { suite: 'suite.schema.json' },
});
generate(new Ajv2020({ ...options, verbose: true }), {
	'request-validator.cjs': { request: 'serve-requests.schema.json' },
});

function generate(ajv: Ajv2020, modules: Record<string, Record<string, string>>): void {
	for (const file of schemas)
		ajv.addSchema(JSON.parse(readFileSync(new URL(`../../../schema/${file}`, import.meta.url), 'utf8')));
	for (const [name, files] of Object.entries(modules))
		writeFileSync(new URL(`../model/${name}`, import.meta.url), standaloneCode.default(ajv, files));
}
