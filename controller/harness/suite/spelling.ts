/** What is written in a suite is text wherever a suite has use for text, and only elsewhere a number, true, false or null. */
import type { ErrorObject } from 'ajv';
import { validators } from '../../host/release.js';
import { unescapeToken } from '../../model/pointer.js';
import type { Content } from './content.js';

/** Members of limits that are options of the library are not in the schema, but for these of which all members are text. */
const unsaid = /\/(limits|schedule\/\d+\/set)\/(?!set\/|hugetlb\/)[^/]+\//;

const textOnly = /\/(limits|schedule\/\d+\/set)\/(set|hugetlb)\//;

/** What the schema says where it has no use for a text. */
const keywords = ['type', 'enum', 'const'];

/** The value for the schema, and what may be meant in two ways, by its JSON pointer. */
export function settled({ value: written, typed }: Content): { value: unknown; doubtful: [string, string][] } {
	const value = structuredClone(written);
	const others = new Map<string, unknown>();
	for (const [pointer, one] of typed) {
		const text = valueAt(value, pointer);
		const isText = one === null ? textOnly.test(pointer) : !unsaid.test(pointer);
		if (isText || text !== '') others.set(pointer, isText ? one : text);
		if (!isText) put(value, pointer, one);
	}
	while (!validators.suite(value) && exchange(value, others, validators.suite.errors ?? []));
	const numbers = [...typed].filter(([pointer, one]) => typeof one === 'number' && valueAt(value, pointer) === one);
	return {
		value,
		doubtful: numbers.flatMap(([pointer, one]) => doubtOf(pointer, String(valueAt(written, pointer)), one)),
	};
}

/** Puts what is the other way to read it where the schema has no use for the first. Whether there was any. */
function exchange(value: unknown, others: Map<string, unknown>, errors: ErrorObject[]): boolean {
	const before = others.size;
	for (const { instancePath, keyword } of errors) {
		if (!keywords.includes(keyword) || !others.has(instancePath)) continue;
		put(value, instancePath, others.get(instancePath));
		others.delete(instancePath);
	}
	return others.size < before;
}

function doubtOf(pointer: string, text: string, number: unknown): [string, string][] {
	if (!/^[-+]?0\d/.test(text)) return [];
	return [[pointer, `${text} is ${number} in YAML, and octal elsewhere: write ${number}`]];
}

/** `undefined` where it is not there. */
export function valueAt(value: unknown, pointer: string): unknown {
	const path = pointer.split('/').slice(1).map(unescapeToken);
	return path.reduce((at, token) => (at as Record<string, unknown> | null | undefined)?.[token], value);
}

function put(value: unknown, pointer: string, member: unknown): void {
	const at = pointer.lastIndexOf('/');
	const holder = valueAt(value, pointer.slice(0, Math.max(at, 0)));
	if (at >= 0 && typeof holder === 'object' && holder !== null)
		Object.defineProperty(holder, unescapeToken(pointer.slice(at + 1)), { value: member });
}
