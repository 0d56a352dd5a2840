/** The published schemas of reports, compiled as anybody would with ajv. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { top } from './paths.js';

function compiled(name: string): ValidateFunction {
	const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, discriminator: true, strictRequired: false });
	return ajv.compile(JSON.parse(readFileSync(join(top, 'schema', `${name}.schema.json`), 'utf8')));
}

export const schemas = {
	result: compiled('result'),
	events: compiled('events'),
	'serve-answers': compiled('serve-answers'),
};

/** What does not fit, where; empty where all does. */
export function faults(schema: keyof typeof schemas, value: unknown): string[] {
	const validate = schemas[schema];
	if (validate(value)) return [];
	return (validate.errors ?? []).map(
		({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
	);
}
