/** The init config's schema, walked: every property, and the items of every list. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from '../support/paths.js';

/** As much of JSON Schema as ours use. */
export interface Schema {
	$ref?: string;
	allOf?: Schema[];
	type?: string;
	const?: unknown;
	enum?: unknown[];
	required?: string[];
	properties?: Record<string, Schema>;
	items?: Schema;
	minimum?: number;
	maximum?: number;
	maxItems?: number;
	maxLength?: number;
	uniqueItems?: boolean;
	$defs?: Record<string, Schema>;
}

export const schema: Schema = JSON.parse(readFileSync(join(top, 'schema/init-config.schema.json'), 'utf8'));

export type Path = (string | number)[];

export interface Place {
	path: Path;
	/** RFC 6901; no name of ours needs an escape. */
	pointer: string;
	at: Schema;
	required: boolean;
}

/** What a reference stands for. */
function resolved(at: Schema): Schema {
	const name = at.$ref?.replace('#/$defs/', '');
	return name === undefined ? at : (schema.$defs?.[name] as Schema);
}

/** The first item of a list stands for all. */
export function* places(at = schema, path: Path = []): Generator<Place> {
	for (const [name, property] of Object.entries(at.properties ?? {}))
		yield* placesFrom(resolved(property), [...path, name], at.required?.includes(name) ?? false);
	if (at.items) yield* placesFrom(resolved(at.items), [...path, 0], false);
}

function* placesFrom(at: Schema, path: Path, required: boolean): Generator<Place> {
	yield { path, pointer: `/${path.join('/')}`, at, required };
	yield* places(at, path);
}

/** Whether what stands here is a string, with or without a form of its own. */
export function isString(at: Schema): boolean {
	const { type, allOf } = resolved(at);
	return type === 'string' || (allOf?.some(isString) ?? false);
}
