/** Time, by Node. */

import { setTimeout as sleepUntil } from 'node:timers/promises';

export function now(): number {
	return Date.now();
}

export function monotonic(): number {
	return Number(process.hrtime.bigint() / 1000n);
}

export function processorTime(): number {
	const { user, system } = process.cpuUsage();
	return user + system;
}

export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
	await sleepUntil(milliseconds, undefined, signal ? { signal } : {});
}

export function after(milliseconds: number, act: () => void, waitsForIt: boolean): () => void {
	const timer = setTimeout(act, milliseconds);
	if (!waitsForIt) timer.unref();
	return () => clearTimeout(timer);
}

export function every(milliseconds: number, act: () => void): () => void {
	const timer = setInterval(act, milliseconds);
	return () => clearInterval(timer);
}
