/**
 * The directories of our own that hold those of the containers. Making one costs more than a container's (controllers
 * are enabled below it), so it stays for a while after its last container, and never longer than this process.
 */
import { machine } from '../host/machine.js';
import { removeBase } from './controllers.js';

const idle = 500;

const users = new Map<string, number>();
/** What takes back a removal that is to come. */
const removals = new Map<string, () => void>();
let forgetExit = () => {};

/** Keeps it, once it is made, until the same number of drops. */
export function useBase(base: string): void {
	if (users.size === 0 && removals.size === 0) forgetExit = machine.atExit(removeIdle);
	removals.get(base)?.();
	removals.delete(base);
	users.set(base, (users.get(base) ?? 0) + 1);
}

export function dropBase(base: string): void {
	const left = (users.get(base) ?? 0) - 1;
	if (left > 0) {
		users.set(base, left);
		return;
	}
	users.delete(base);
	removals.set(
		base,
		machine.after(idle, () => remove(base), false),
	);
}

function removeIdle(): void {
	for (const base of removals.keys()) remove(base);
}

function remove(base: string): void {
	removals.delete(base);
	if (users.size === 0 && removals.size === 0) forgetExit();
	removeBase(base);
}
