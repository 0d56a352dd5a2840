/** A suite as it is written, once its form is right: schema/suite.schema.json has the documentation. */
import type { ErrorObject } from 'ajv';
import { validators } from '../../host/release.js';
import { unescapeToken } from '../../model/pointer.js';
import { hintOf, isUnknown, knownMembers, violationOf } from '../../model/validate.js';
import type { Expectations } from '../expect/expectations.js';
import type { Ready } from '../service/ready.js';
import type { StopOptions } from '../service/stop.js';
import type { Document, Mistake } from './document.js';
import { settled, valueAt } from './spelling.js';

export interface RawCase {
	name?: string;
	command?: string | (string | number)[];
	shell?: string;
	args?: (string | number)[];
	limits?: Record<string, unknown>;
	env?: Record<string, string | number | boolean>;
	input?: string | { file: string };
	expect?: Expectations;
	/** Takes what a case takes, but what is of the harness. */
	service?: RawCase;
	services?: Record<string, RawCase>;
	ready?: Ready;
	stop?: StopOptions;
	client?: string | (string | (string | number)[])[];
	matrix?: Record<string, (string | number | boolean)[]>;
	repeat?: number;
	retry?: number;
	only?: boolean;
	skip?: string;
	alone?: boolean;
	before?: string | string[];
	after?: string | string[];
	/** Any option of the library. */
	[option: string]: unknown;
}

export interface RawSuite {
	name?: string;
	command?: RawCase['command'];
	shell?: string;
	before?: string | string[];
	after?: string | string[];
	defaults?: RawCase;
	cases?: RawCase[];
}

/**
 * All that the schema says against the document, and the document without it, so that the rest can be looked at too.
 * What is in `expect` and `limits` is left to those who can say more about it.
 */
export function formOf(document: Document): { raw: RawSuite | undefined; mistakes: Mistake[] } {
	const { placeOf } = document;
	const mistakes = new Map<string, Mistake>();
	const { value: raw, doubtful } = settled(document);
	for (const [pointer, message] of doubtful) mistakes.set(pointer, { ...placeOf(pointer), message });
	if (validators.suite(raw)) return { raw: raw as RawSuite, mistakes: [...mistakes.values()] };
	for (const error of validators.suite.errors ?? []) {
		const { pointer, message } = violationOf(error);
		if (error.keyword === 'if' || /\/(expect|limits)\//.test(pointer) || mistakes.has(pointer)) continue;
		const part = isUnknown(error) || error.keyword === 'false schema' ? 'name' : 'value';
		mistakes.set(pointer, { ...placeOf(pointer, part), message: sentence(error, pointer, message) });
		if (pointer !== '') remove(raw, pointer);
	}
	return { raw: mistakes.has('') ? undefined : (raw as RawSuite), mistakes: [...mistakes.values()] };
}

/** Options of a process that a suite has not: what it does with their streams is its own. */
const notInSuites = ['stdin', 'stdout', 'stderr', 'fds', 'consoleSocket'];

function sentence(error: ErrorObject, pointer: string, message: string): string {
	if (pointer === '') return 'a suite is an object with "cases"';
	const name = pointer
		.split('/')
		.slice(1)
		.map(unescapeToken)
		.reduce((path, token) => (/^\d+$/.test(token) ? `${path}[${token}]` : token));
	if (!isUnknown(error)) return `${name} ${message}`;
	const known = knownMembers(error).filter((member) => !notInSuites.includes(member));
	return `${JSON.stringify(name)} is not known${hintOf(error, known)}`;
}

/** Whether it was there. */
export function remove(value: unknown, pointer: string): boolean {
	const last = pointer === '' ? undefined : unescapeToken(pointer.slice(pointer.lastIndexOf('/') + 1));
	const holder = valueAt(value, pointer.slice(0, pointer.lastIndexOf('/')));
	if (last === undefined || typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, last)) return false;
	// the place of an item of a list is kept, for the pointers to those behind it
	if (Array.isArray(holder)) return holder[Number(last)] !== undefined && delete holder[Number(last)];
	return delete (holder as Record<string, unknown>)[last];
}
