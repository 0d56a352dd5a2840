/** Checks against the JSON Schemas, with validators that the build generated, and one sentence for what is wrong. */
import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { ProcreadyError } from '../errors.js';

export interface Validators {
	initConfig: ValidateFunction;
	message: ValidateFunction;
	options: ValidateFunction;
	seccomp: ValidateFunction;
	spec: ValidateFunction;
}

/** Generated from ../../schema by generate-validators.ts: compiling them here would cost every start 50 ms. */
export const validators: Validators = createRequire(import.meta.url)('./validators.cjs');

export interface Violation {
	/** RFC 6901, of the member itself also where it is missing or unknown. */
	pointer: string;
	message: string;
}

/** The first violation, or `undefined` when the value is valid. */
export function findViolation(validate: ValidateFunction, value: unknown): Violation | undefined {
	if (validate(value)) return undefined;
	// A keyword that only says that another one failed ("if", "allOf") comes after it.
	const error = validate.errors?.[0] as ErrorObject;
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

function pointerOf({ instancePath, keyword, params }: ErrorObject): string {
	switch (keyword) {
		case 'required':
			return `${instancePath}/${escapeToken(params.missingProperty)}`;
		case 'additionalProperties':
			return `${instancePath}/${escapeToken(params.additionalProperty)}`;
		case 'uniqueItems':
			return `${instancePath}/${Math.max(params.i, params.j)}`;
		case 'maxItems':
			return `${instancePath}/${params.limit}`;
		default:
			return instancePath;
	}
}

const patterns: Record<string, string> = {
	'^[^\\u0000\\p{Cs}]*$': 'holds a NUL or half of a surrogate pair',
	'^[^=]+=': 'must be KEY=VALUE',
	'^/': 'must be an absolute path',
};

function messageOf({ keyword, params, message }: ErrorObject): string {
	switch (keyword) {
		case 'required':
			return 'is missing';
		case 'additionalProperties':
			return 'is not known';
		case 'uniqueItems':
			return 'is there twice';
		case 'enum':
			return `must be one of ${params.allowedValues.join(', ')}`;
		case 'pattern':
			return patterns[params.pattern] ?? `must match ${params.pattern}`;
		case 'const':
			return `must be ${JSON.stringify(params.allowedValue)}`;
		default:
			return message ?? `violates ${keyword}`;
	}
}

/** RFC 6901, section 3. */
export function escapeToken(token: string): string {
	return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
