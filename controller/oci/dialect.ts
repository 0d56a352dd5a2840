/**
 * The words of OCI config.md where they allow more than a specification of procready's: what is unknown is ignored, what is
 * known and cannot be done is refused by its name.
 */

import { invalidOption, ProcreadyError } from '../errors.js';
import { validators } from '../host/release.js';
import type { Spec } from '../model/spec.js';
import { findViolation } from '../model/validate.js';
import { whyUnsupported, withoutEmpty } from '../plan/unsupported.js';
import { type Hooks, hooksOf } from './hooks.js';

type Json = Record<string, unknown>;

/** What a config says beside what is planned. */
export interface Config {
	spec: Spec;
	/** As it was written: hooks and engines want it back. */
	ociVersion: string;
	annotations: Record<string, string>;
	hooks: Hooks;
	/** There is a process; without one the container can be created, and not started. */
	hasProcess: boolean;
	/** What is not done as it was asked for, a sentence each. */
	notes: string[];
}

/** A config.json that has been parsed. Throws `option-invalid` with the JSON pointer of what is wrong. */
export function configOf(given: unknown): Config {
	if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid('', 'must be an object');
	const notes: string[] = [];
	const asked = withoutEmpty(structuredClone(given)) as Json;
	const { ociVersion } = asked;
	if (typeof ociVersion !== 'string') throw invalid('/ociVersion', 'is missing');
	if (!/^1\.\d+\.\d+/.test(ociVersion))
		throw invalid('/ociVersion', `${ociVersion} is not a version 1 of the specification`);
	const { hooks, ...others } = asked;
	const hasProcess = asked.process !== undefined;
	const spec = {
		...others,
		ociVersion: '1.3.0',
		process: inForm(asked.process, notes) ?? nothing,
		linux: withPlainModes(asked.linux ?? {}),
	};
	return {
		spec: withoutUnknown(spec),
		ociVersion,
		annotations: (asked.annotations as Record<string, string> | undefined) ?? {},
		hooks: hooksOf(hooks),
		hasProcess,
		notes,
	};
}

/** What procready itself would have to stay for, or has another word for here. */
const ofRun = [
	...['timeout', 'cpuTime', 'outputMax', 'init', 'refuseForks', 'parentDeathSignal', 'name', 'cgroupParent', 'fds'],
	...['consoleSocket', 'networks', 'routes', 'hosts', 'link'],
];

function mustBeForRuntime({ procready = {}, linux }: Spec): void {
	const member = Object.keys(procready).find((name) => ofRun.includes(name));
	if (member !== undefined)
		throw invalid(`/procready/${member}`, 'is for procready run: nothing of an OCI runtime stays; leave it out');
	if (Object.keys(linux.netDevices ?? {}).length > 0)
		throw invalid('/linux/netDevices', 'is not supported: the engine makes the network; leave it out');
}

/** process.json of `exec`: the same words. */
export function processConfigOf(given: unknown): Pick<Config, 'spec' | 'notes'> {
	const { spec, notes } = configOf({ ociVersion: '1.3.0', process: given ?? {}, linux: {} });
	return { spec, notes };
}

/** Stands where there is no process: it is never executed. */
const nothing = { args: ['/'], cwd: '/' };

/** Takes away what the schema does not know, one after the other, and throws for what is wrong. */
function withoutUnknown(spec: Json): Spec {
	for (;;) {
		const violation = findViolation(validators.spec, spec);
		if (!violation) break;
		const { pointer, message } = violation;
		const isUnknown = message.startsWith('is not known');
		const unsupported = isUnknown ? whyUnsupported(pointer) : undefined;
		if (!isUnknown || unsupported !== undefined || pointer.startsWith('/procready/'))
			throw invalid(pointer, unsupported ?? message);
		remove(spec, pointer);
	}
	mustBeForRuntime(spec as unknown as Spec);
	return spec as unknown as Spec;
}

function remove(spec: Json, pointer: string): void {
	const path = pointer
		.slice(1)
		.split('/')
		.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
	const name = path.pop() as string;
	const holder = path.reduce<unknown>((at, token) => (at as Json)[token], spec);
	delete (holder as Json)[name];
}

/** An ambient capability has to be inheritable and permitted, capabilities(7); `runc spec` of 2022 writes others. */
function inForm(process: unknown, notes: string[]): unknown {
	const { capabilities } = (process ?? {}) as { capabilities?: Record<string, unknown> };
	const { ambient, inheritable = [], permitted = [] } = capabilities ?? {};
	if (!Array.isArray(ambient) || !Array.isArray(inheritable) || !Array.isArray(permitted)) return process;
	const possible = ambient.filter((name) => inheritable.includes(name) && permitted.includes(name));
	if (possible.length === ambient.length) return process;
	notes.push(
		`process.capabilities.ambient: not inheritable, and so not ambient: ${ambient.filter((name) => !possible.includes(name)).join(', ')}`,
	);
	return { ...(process as Json), capabilities: { ...capabilities, ambient: possible } };
}

/** The mode of a device as stat(2) has it, with the bits of its type, is one without: Docker writes it so. */
function withPlainModes(linux: unknown): unknown {
	const { devices } = linux as { devices?: unknown };
	if (!Array.isArray(devices)) return linux;
	const plain = (device: Json) =>
		Number.isInteger(device?.fileMode) ? { ...device, fileMode: (device.fileMode as number) & 0o7777 } : device;
	return { ...(linux as Json), devices: devices.map(plain) };
}

function invalid(pointer: string, what: string): ProcreadyError {
	return pointer === ''
		? new ProcreadyError('option-invalid', `config.json ${what}`, { where: pointer })
		: invalidOption(pointer, what);
}
