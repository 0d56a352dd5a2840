/** The schemas as files, with what an object takes over from another one by a `$ref` beside its own members. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './paths.js';

export interface Schema {
	$ref?: string;
	type?: string;
	minimum?: number;
	description?: string;
	properties?: Record<string, Schema>;
	items?: Schema;
	enum?: unknown[];
	$defs?: Record<string, Schema>;
}

export function readSchema(file: string): Schema {
	return JSON.parse(readFileSync(join(top, 'schema', file), 'utf8'));
}

/** All members that an object may have; those from another file are described in process.schema.json. */
export function membersOf({ $ref = '', properties = {} }: Schema): Record<string, Schema> {
	const [file = '', pointer = ''] = $ref.split('#');
	if (file !== 'process.schema.json') return properties;
	const whole = readSchema(file);
	const referred = pointer === '' ? whole : whole.$defs?.[pointer.replace('/$defs/', '')];
	const members = Object.entries(referred?.properties ?? {}).map(([name, schema]) => [
		name,
		schema.$ref?.startsWith('#/properties/') ? whole.properties?.[schema.$ref.slice(13)] : schema,
	]);
	return { ...Object.fromEntries(members), ...properties };
}

/** A value for each member that is a number, true or false, or a choice; what has more to it is left out. */
export function simplestValues(members: Record<string, Schema>): Record<string, unknown> {
	const simplest = ({ type, enum: choices, minimum = 0 }: Schema): unknown => {
		if (choices) return choices[0];
		if (type === 'boolean') return true;
		return type === 'integer' ? Math.max(minimum, 0) : undefined;
	};
	const values = Object.entries(members).map(([name, schema]) => [name, simplest(schema)]);
	return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
