/** Checks of values against JSON Schemas, with validators that the build generated, and one sentence for what is wrong. */

import type { ErrorObject, ValidateFunction } from 'ajv';
import { ProcreadyError } from '../errors.js';
import { didYouMean } from './closest.js';
import { limitName, limitNames } from './limits.js';
import { escapeToken } from './pointer.js';
import { processOptions } from './process-options.js';

export interface Violation {
	/** RFC 6901, of the member itself also where it is missing or unknown. */
	pointer: string;
	message: string;
}

/** The first violation, or `undefined` when the value is valid. */
export function findViolation(validate: ValidateFunction, value: unknown): Violation | undefined {
	if (validate(value)) return undefined;
	// A keyword that only says that another one failed ("if", "allOf") comes after it.
	return violationOf(validate.errors?.[0] as ErrorObject);
}

export function violationOf(error: ErrorObject): Violation {
	return { pointer: pointerOf(error), message: messageOf(error) };
}

/** Throws `option-invalid` with the pointer. */
export function mustBeValid<T>(validate: ValidateFunction, value: unknown, what: string): asserts value is T {
	const violation = findViolation(validate, value);
	if (violation)
		throw new ProcreadyError('option-invalid', `${what}: ${violation.pointer || 'it'} ${violation.message}`, {
			where: violation.pointer,
		});
}

function pointerOf({ instancePath, keyword, params, propertyName }: ErrorObject): string {
	if (propertyName !== undefined) return `${instancePath}/${escapeToken(propertyName)}`;
	switch (keyword) {
		case 'required':
			return `${instancePath}/${escapeToken(params.missingProperty)}`;
		case 'additionalProperties':
			return `${instancePath}/${escapeToken(params.additionalProperty)}`;
		case 'unevaluatedProperties':
			return `${instancePath}/${escapeToken(params.unevaluatedProperty)}`;
		case 'discriminator':
			return `${instancePath}/${escapeToken(params.tag)}`;
		case 'uniqueItems':
			return `${instancePath}/${Math.max(params.i, params.j)}`;
		case 'maxItems':
			return `${instancePath}/${params.limit}`;
		default:
			return instancePath;
	}
}

/** What the patterns of the schemas mean. */
const patterns: Record<string, string> = {
	'^[^\\u0000\\p{Cs}]*$': 'holds a NUL or half of a surrogate pair',
	'^[^=]+=': 'must be KEY=VALUE',
	'^/': 'must be an absolute path',
	'^(new$|/)': 'must be "new" or an absolute path',
	'^([0-9a-f]{16})+$': 'must be groups of 16 hexadecimal digits in lower case',
	'^1\\.[0-3]\\.': 'must be a version from 1.0 to 1.3',
	'^[a-z0-9_]+(\\.[A-Za-z0-9_]+)+$': 'is not the name of a cgroup file',
	'^[A-Za-z0-9_]+$': 'must be letters, digits and underscores',
	'^(0|[1-9][0-9]{0,19})$': 'must be a decimal number of at most 20 digits',
	'^RLIMIT_[A-Z]+$': 'must be the name of a resource limit, RLIMIT_…',
	'^SCHED_FLAG_[A-Z_]+$': 'must be the name of a flag, SCHED_FLAG_…',
	'^CAP_[A-Z_]+$': 'must be the name of a capability, CAP_…',
	'^SIG[A-Z0-9]+$': 'must be the name of a signal, SIG…',
	'^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$': 'must be letters, digits, ".", "_" and "-", at most 64, the first no sign',
	'^[0-9, -]*$': 'must be a list such as 0-3,7',
	'^/?(?!\\.{1,2}(/|$))[^/\\u0000]+(/(?!\\.{1,2}(/|$))[^/\\u0000]+)*$': 'must be a path of a cgroup such as tests/low',
	'^[rwm]{1,3}$': 'must be of r, w and m',
	'^[1-9][0-9]*[KMG]B$': 'must be a size of huge pages such as 2MB',
};

const types: Record<string, string> = {
	array: 'an array',
	boolean: 'true or false',
	integer: 'an integer',
	null: 'null',
	number: 'a number',
	object: 'an object',
	string: 'a string',
};

/** The words for a keyword of JSON Schema. ajv's own are the last resort. */
const sentences: Record<string, (params: ErrorObject['params']) => string> = {
	additionalProperties: () => 'is not known',
	const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
	discriminator: () => 'is missing or not known',
	enum: ({ allowedValues }) => `must be one of ${allowedValues.join(', ')}`,
	exclusiveMinimum: ({ limit }) => `must be more than ${limit}`,
	'false schema': () => 'must not be given here',
	maxItems: () => 'is one item too many',
	maxLength: ({ limit }) => `must have at most ${limit} characters`,
	maxProperties: ({ limit }) => (limit === 0 ? 'must be empty' : `must have at most ${limit} members`),
	maximum: ({ limit }) => `must be at most ${limit}`,
	minItems: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} items`),
	minLength: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`),
	minProperties: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} members`),
	minimum: ({ limit }) => `must be at least ${limit}`,
	not: () => 'has members of which only one may be given',
	pattern: ({ pattern }) => patterns[pattern] ?? `must match ${pattern}`,
	required: () => 'is missing',
	type: ({ type }) =>
		`must be ${[type]
			.flat()
			.map((name: string) => types[name])
			.join(' or ')}`,
	unevaluatedProperties: () => 'is not known',
	uniqueItems: () => 'is there twice',
};

/** The members that there could be in the place of one that is not known; none where the validator does not say. */
export function knownMembers({ keyword, parentSchema }: ErrorObject): string[] {
	const ofProcess = keyword === 'unevaluatedProperties' ? Object.keys(processOptions) : [];
	return [...new Set([...Object.keys(parentSchema?.properties ?? {}), ...ofProcess])];
}

/** Members as docker-compose, GitLab, GitHub and test runners call them. */
const elsewhere: Readonly<Record<string, string>> = {
	cmd: 'command',
	environment: 'env',
	run: 'command',
	retries: 'retry',
	script: 'shell',
	tests: 'cases',
	variables: 'env',
	workdir: 'cwd',
	workingDirectory: 'cwd',
	'working-directory': 'cwd',
	working_dir: 'cwd',
};

/** Behind "is not known": the name that is probably meant, or the few that there are. */
export function hintOf({ params }: ErrorObject, known: readonly string[]): string {
	const name = params.additionalProperty ?? params.unevaluatedProperty;
	const other = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
	if (other !== undefined && known.includes(other)) return `; did you mean ${JSON.stringify(other)}?`;
	if (limitNames.includes(limitName(name)))
		if (known.includes('limits')) return '; a limit belongs in "limits"';
		else if (known.includes('oomGroup')) return `; did you mean ${JSON.stringify(limitName(name))}?`;
	return didYouMean(name, known) || (known.length === 0 || known.length > 12 ? '' : `: there are ${known.join(', ')}`);
}

export function isUnknown({ keyword }: ErrorObject): boolean {
	return keyword === 'additionalProperties' || keyword === 'unevaluatedProperties';
}

function messageOf(error: ErrorObject): string {
	const { keyword, params, message, parentSchema } = error;
	if (isUnknown(error) && parentSchema) return `is not known${hintOf(error, knownMembers(error))}`;
	if (keyword === 'enum' && typeof error.data === 'string')
		return `must be one of ${params.allowedValues.join(', ')}${didYouMean(error.data, params.allowedValues.map(String))}`;
	return sentences[keyword]?.(params) ?? message ?? `violates ${keyword}`;
}
