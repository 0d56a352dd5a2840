/**
 * The directories of our own that hold those of the containers. Making one costs more than a container's (controllers
 * are enabled below it), so it stays for a while after its last container, and never longer than this process.
 */
import { mkdirSync, rmdirSync } from 'node:fs';
import { errnoOf } from '../errors.js';

const idle = 500;

const users = new Map<string, number>();
const removals = new Map<string, NodeJS.Timeout>();

/** Keeps it until the same number of drops; makes it where this process does not know that it is there. */
export function useBase(base: string): void {
	if (users.size === 0 && removals.size === 0) process.once('exit', removeIdle);
	clearTimeout(removals.get(base));
	const isKnown = removals.delete(base) || users.has(base);
	users.set(base, (users.get(base) ?? 0) + 1);
	if (!isKnown) makeBase(base);
}

/** Whoever is there first makes it. */
export function makeBase(base: string): void {
	try {
		mkdirSync(base);
	} catch (error) {
		if (errnoOf(error) !== 'EEXIST') throw error;
	}
}

export function dropBase(base: string): void {
	const left = (users.get(base) ?? 0) - 1;
	if (left > 0) {
		users.set(base, left);
		return;
	}
	users.delete(base);
	removals.set(base, setTimeout(() => remove(base), idle).unref());
}

function removeIdle(): void {
	for (const base of removals.keys()) remove(base);
}

function remove(base: string): void {
	removals.delete(base);
	if (users.size === 0 && removals.size === 0) process.off('exit', removeIdle);
	try {
		rmdirSync(base);
	} catch {
		// another procready uses it, or has removed it
	}
}
