/** A suite as it is run: every case with its command, its options and its expectations. */
import type { Options } from '../../model/options.js';
import type { Compiled } from '../expect/check.js';
import type { Expectations } from '../expect/expectations.js';
import type { Judge } from '../service/judge.js';
import type { Ready } from '../service/ready.js';
import type { ClientCommand } from '../service/service.js';
import type { StopOptions } from '../service/stop.js';
import type { Lines, Place } from './document.js';

export interface Suite {
	/** As it was given. */
	file: string;
	/** That of the file: where commands start, and what relative paths are from. */
	directory: string;
	name: string;
	/** Scripts for `sh -c`. */
	before: string[];
	after: string[];
	cases: Case[];
}

/** The services of a case and their clients. */
export interface ServingCase {
	services: ServiceOfCase[];
	/** They share a network of their own. */
	isShared: boolean;
	/** Scripts for `sh -c`, or lists of words. */
	clients: ClientCommand[];
	judge: Judge;
}

export interface ServiceOfCase {
	name: string;
	/** Its command, its options, its input and what is expected of it. */
	one: Case;
	ready: Ready;
	stop: StopOptions | undefined;
}

/** One test; of a matrix one combination. `${CASE_DIR}` and `${SUITE_DIR}` are still in its texts. */
export interface Case {
	/** Unique in the file. */
	name: string;
	place: Place;
	/** Where it stands in the file. Of a matrix all combinations stand in the same ones. */
	lines: Lines;
	args: string[];
	options: Options;
	input: string | { file: string };
	expect: Expectations;
	compiled: Compiled;
	/** Of an expectation, by its pointer. */
	placeOf(where: string): Place;
	/** How often it must pass. */
	repeat: number;
	/** How often it may fail before that counts. */
	retry: number;
	only: boolean;
	/** Why it does not run. */
	skip: string | undefined;
	/** No other case runs meanwhile. */
	alone: boolean;
	before: string[];
	after: string[];
	/** There where it is about services instead of a command: `args`, `options` and `input` are those of the first. */
	serving?: ServingCase;
}
