/** Found from where this file is, by Node; and loaded only when it is asked for. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';

/** The release, the same for controller and shim. */
export const version: string = createRequire(import.meta.url)('../../../../package.json').version;

const programs = new URL(`../../../${process.arch}/`, import.meta.url);
const usualShim = fileURLToPath(new URL('procready-shim', programs));
const usualCompiler = fileURLToPath(new URL('procready-seccomp', programs));

export function shimPath(): string {
	return process.env.PROCREADY_SHIM ?? usualShim;
}

/** Of what compiles profiles of seccomp(2). */
export function compilerPath(): string {
	return process.env.PROCREADY_SECCOMP ?? usualCompiler;
}

/** What to do where one of them is not there. */
export function remedyForMissing(architecture: string = process.arch): string {
	return ['x64', 'arm64'].includes(architecture)
		? 'install procready again, or build it with make'
		: `procready has programs for x64 and arm64, and none for ${architecture}`;
}

export interface Validators {
	initConfig: ValidateFunction;
	message: ValidateFunction;
	options: ValidateFunction;
	request: ValidateFunction;
	seccomp: ValidateFunction;
	spec: ValidateFunction;
	suite: ValidateFunction;
}

/**
 * Generated from ../../../schema by build/generate-validators.ts: compiling them here would cost every start 50 ms. Those
 * that a launch does not need are loaded when they are asked for.
 */
export const validators: Validators = Object.defineProperties(
	createRequire(import.meta.url)('../../model/validators.cjs'),
	{
		initConfig: { get: () => createRequire(import.meta.url)('../../model/init-config-validator.cjs').initConfig },
		request: { get: () => createRequire(import.meta.url)('../../model/request-validator.cjs').request },
		suite: { get: () => createRequire(import.meta.url)('../../model/suite-validator.cjs').suite },
	},
);
