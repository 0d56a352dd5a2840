/** Values, texts and words that look random: what a schema asks for, and what it becomes by a few mistakes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './paths.js';

export type Next = (bound: number) => number;

interface Schema {
	$ref?: string;
	$defs?: Record<string, Schema>;
	type?: string | string[];
	enum?: unknown[];
	const?: unknown;
	anyOf?: Schema[];
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: Schema | boolean;
	items?: Schema;
	minItems?: number;
	minimum?: number;
}

export const pick = <T>(next: Next, items: readonly T[]): T => items[next(items.length)] as T;

/** What people write, and what nobody should. */
const strings = [
	...[
		'',
		' ',
		'x',
		'max',
		'0',
		'1',
		'-1',
		'010',
		'0x10',
		'1.5',
		'1e3',
		'64M',
		'64MB',
		'1G',
		'50%',
		'500ms',
		'10s',
		'1h',
	],
	...[
		'/',
		'/tmp',
		'relative/path',
		'../..',
		'/proc/self/fd/0',
		'A=1',
		'=',
		'a:b',
		'0:0',
		'nobody',
		'1000:1000',
		'0-3,7',
	],
	...[
		'8:0',
		'10.0.0.1/24',
		'10.0.0.300',
		'fd00::1/64',
		'::',
		'02:00:00:00:00:01',
		'new',
		'host',
		'container:x',
		'pid:1',
	],
	...[
		'SIGTERM',
		'SIGNOPE',
		'CAP_CHOWN',
		'ALL',
		'2M',
		'20000 100000',
		'veth',
		'bridge=br0',
		'none',
		'ro,size=1m',
		'a b',
	],
	...['\0', '\n', '\u001b[2J', '\ud800', '\u202e', 'é', '😀', '$&', '%s', '*', '(', '[', '\\', '"', "'", '`'],
	...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'null', 'undefined', 'NaN', 'x'.repeat(5000)],
];

const numbers = [
	0,
	1,
	-1,
	2,
	3,
	7,
	64,
	100,
	1.5,
	0.1,
	4096,
	65_535,
	65_536,
	4_194_304,
	2 ** 31,
	2 ** 32,
	2 ** 53,
	1e21,
	-0,
];

const others = [null, true, false, [], {}, [[]], [null], { x: 1 }, { __proto__: null }];

const files = new Map<string, Schema>();

function fileOf(name: string): Schema {
	const known = files.get(name);
	if (known) return known;
	const schema: Schema = JSON.parse(readFileSync(join(top, 'schema', name), 'utf8'));
	files.set(name, schema);
	return schema;
}

/** What a `$ref` means, and the file that it is in. */
function referred(ref: string, file: string): [Schema, string] {
	const [name = '', pointer = ''] = ref.split('#');
	const there = name || file;
	const parts = pointer.split('/').slice(1);
	return [parts.reduce((schema, part) => (schema as Record<string, Schema>)[part] as Schema, fileOf(there)), there];
}

/** A value that the schema may allow: patterns and what goes together are for chance. */
export function madeOf(next: Next, file: string, schema = fileOf(file), depth = 0): unknown {
	if (schema.$ref) {
		const [other, there] = referred(schema.$ref, file);
		const value = madeOf(next, there, other, depth + 1);
		return schema.properties ? Object.assign(value as object, objectOf(next, file, schema, depth)) : value;
	}
	if (schema.const !== undefined) return schema.const;
	if (schema.enum) return pick(next, schema.enum);
	if (schema.anyOf) return madeOf(next, file, pick(next, schema.anyOf), depth + 1);
	const type = Array.isArray(schema.type) ? pick(next, schema.type) : schema.type;
	switch (type) {
		case 'boolean':
			return next(2) === 0;
		case 'integer':
			return Math.max(schema.minimum ?? 0, Math.trunc(pick(next, numbers)));
		case 'number':
			return pick(next, numbers);
		case 'string':
			return pick(next, strings);
		case 'array': {
			const length = depth > 8 ? (schema.minItems ?? 0) : Math.max(schema.minItems ?? 0, next(3));
			return Array.from({ length }, () => madeOf(next, file, schema.items ?? {}, depth + 1));
		}
		case 'object':
			return objectOf(next, file, schema, depth);
		default:
			return schema.properties ? objectOf(next, file, schema, depth) : pick(next, [...strings, ...numbers]);
	}
}

function objectOf(next: Next, file: string, schema: Schema, depth: number): Record<string, unknown> {
	const { properties = {}, required = [], additionalProperties } = schema;
	const names = Object.keys(properties);
	const few = depth < 2 ? 1.5 : Math.max(1, names.length / 4);
	const chosen = names.filter((name) => required.includes(name) || (depth < 9 && next(names.length * 2) < few * 2));
	const entries = chosen.map((name) => [name, madeOf(next, file, properties[name], depth + 1)]);
	if (typeof additionalProperties === 'object' && next(2) === 0)
		entries.push([pick(next, strings), madeOf(next, file, additionalProperties, depth + 1)]);
	return Object.fromEntries(entries);
}

/** The same with a mistake somewhere: another value, one left out, or one too many. */
export function mistaken(next: Next, value: unknown): unknown {
	if (typeof value !== 'object' || value === null || next(6) === 0)
		return pick(next, [...others, ...strings, ...numbers]);
	if (Array.isArray(value)) {
		if (value.length === 0 || next(4) === 0) return [...value, pick(next, [...others, ...strings])];
		const at = next(value.length);
		return value.with(at, mistaken(next, value[at]));
	}
	const names = Object.keys(value);
	const name = names.length > 0 ? pick(next, names) : 'x';
	const { [name]: member, ...rest } = value as Record<string, unknown>;
	const kind = next(5);
	if (kind === 0) return rest;
	if (kind === 1) return { ...value, [pick(next, strings)]: pick(next, [...others, ...strings]) };
	return { ...rest, [name]: mistaken(next, member) };
}

const pieces = [
	':',
	'- ',
	'  ',
	'\t',
	'\n',
	'{',
	'}',
	'[',
	']',
	'&a ',
	'*a',
	'!!binary ',
	'|',
	'>',
	'"',
	"'",
	'#',
	'<<: ',
	'? ',
	'---\n',
	'%',
];

/** The text with a few mistakes of whoever types it. */
export function mistyped(next: Next, given: string): string {
	let text = given;
	for (let i = next(4); i >= 0; i--) {
		const lines = text.split('\n');
		const at = next(text.length + 1);
		const line = next(lines.length);
		const piece = pick(next, [...pieces, ...strings]);
		const changed = [
			() => text.slice(0, at) + piece + text.slice(at),
			() => text.slice(0, at) + text.slice(at + 1 + next(5)),
			() => lines.toSpliced(line, 1).join('\n'),
			() => lines.toSpliced(line, 0, lines[next(lines.length)] as string).join('\n'),
			() => text.slice(0, at),
			() => text.replace(/(?<=: ).*$/m, piece),
		];
		text = pick(next, changed)();
	}
	return text;
}

/** Words of a command line, by the table of its flags: the right ones mostly. */
export function wordsOf(
	next: Next,
	flags: Readonly<Record<string, { type: string; value?: string; short?: string }>>,
): string[] {
	const names = Object.keys(flags);
	const words = Array.from({ length: next(5) }, () => {
		const name = pick(next, names);
		const { type, value = '', short } = flags[name] as { type: string; value?: string; short?: string };
		const given = pick(next, [...strings, value, ...value.split('|')]);
		if (type === 'boolean') return short && next(3) === 0 ? [`-${short}`] : [`--${name}`];
		return next(3) === 0 ? [`--${name}=${given}`] : [`--${name}`, given];
	}).flat();
	if (next(8) === 0)
		words.splice(next(words.length + 1), 0, pick(next, ['--', '-', '--nope', '-Z', '--=', ...strings]));
	return words;
}
