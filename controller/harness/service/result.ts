/** What came of a service: its run, and what it was as a service. */
import type { RunResult } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import { saidLines } from '../said.js';
import type { Phases } from './phases.js';
import type { Stop } from './stop.js';

export interface ServiceResult extends RunResult {
	/** Milliseconds from the start until it was ready; `null`: it never was. */
	readyAfter: number | null;
	/** What it used until it was ready, while its clients ran, and after that. */
	phases: Phases;
	/** How it was stopped, and what came of that. */
	stop: Stop;
}

/** The service was not ready in time, or ended before it was to. The message has its verdict and its last words. */
export class ServiceFailure extends ProcreadyError {
	readonly result: ServiceResult;

	constructor(result: ServiceResult) {
		const { sentence, causes } = result.verdict;
		const lines = [`the service failed: ${sentence}`, ...causes.map((one) => `${one.limit}: ${one.sentence}`)];
		super('service-failed', [...lines, ...saidLines(result)].join('\n'));
		this.result = result;
	}
}
