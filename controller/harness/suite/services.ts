/** A case about services: each is a case of its own in all that is about its command, and the case has the rest. */
import { escapeToken } from '../../model/pointer.js';
import { isObject } from '../is-object.js';
import { divided, judgeClients } from '../service/judge.js';
import { parseReady, type Ready } from '../service/ready.js';
import { parseStop } from '../service/stop.js';
import { attemptOf, type CaseSource, caseOf, combined, within } from './case.js';
import { type Combination, substituted } from './matrix.js';
import type { RawCase } from './raw.js';
import type { Case, ServiceOfCase } from './suite.js';

/** Members of these are taken from the defaults one by one. */
const byMember = ['limits', 'env', 'rlimits', 'sysctl', 'namespaces', 'expect'];

/** What is said, and what the defaults say where nothing is. */
export function merged(defaults: RawCase, own: RawCase): RawCase {
	const raw: RawCase = { ...defaults, ...own };
	const both = (name: string) => isObject(defaults[name]) && isObject(own[name]);
	for (const name of byMember) if (both(name)) raw[name] = { ...(defaults[name] as object), ...(own[name] as object) };
	if (own.services && !own.service) delete raw.service;
	if (own.service && !own.services) delete raw.services;
	if (defaults.service && own.service) raw.service = merged(defaults.service, own.service);
	if (defaults.services && own.services) {
		const entries = Object.entries({ ...defaults.services, ...own.services });
		const of = (holder: Record<string, RawCase> | undefined, name: string) => holder?.[name] ?? {};
		raw.services = Object.fromEntries(
			entries.map(([name]) => [name, merged(of(defaults.services, name), of(own.services, name))]),
		);
	}
	return raw;
}

/** A service as it is written, with the JSON pointer to it. */
export interface Written {
	name: string;
	pointer: string;
	raw: RawCase;
	isFirst: boolean;
}

/** Those of a case; none where it is about a command. The only one is called `service`. */
export function writtenIn({ service, services }: RawCase): Written[] {
	if (isObject(service)) return [{ name: 'service', pointer: '/service', raw: service as RawCase, isFirst: true }];
	return Object.entries(isObject(services) ? (services as Record<string, RawCase>) : {}).map(([name, raw], index) => ({
		name,
		pointer: `/services/${escapeToken(name)}`,
		raw,
		isFirst: index === 0,
	}));
}

/**
 * What a service has: its own, and where it says nothing, what the case says, but for what that expects of the clients; and
 * of files, which are looked at once.
 */
export function rawOf({ raw, isFirst }: Written, of: RawCase): RawCase {
	const { service: _, services: __, client: ___, expect = {}, ...others } = of;
	const { files, ...ofService } = divided(expect)[1];
	return merged({ ...others, expect: isFirst && files ? { files, ...ofService } : ofService }, raw);
}

/** What is out of place. */
export function misplacedIn(raw: RawCase): [pointer: string, message: string][] {
	const written = writtenIn(raw);
	if (written.length === 0)
		return (['ready', 'stop', 'client'] as const).flatMap((name): [string, string][] =>
			raw[name] === undefined
				? []
				: [[`/${name}`, `${name} is for a case with "service" or "services", and this has neither`]],
		);
	const lacks = written.filter((one) => rawOf(one, raw).ready === undefined);
	const nameless = written.filter(({ name }) => !/^[A-Za-z\d][\w-]{0,62}$/.test(name));
	const joins = raw.services ? written.filter((one) => networkOf(rawOf(one, raw))) : [];
	const [ofClient] = raw.client === undefined ? Object.keys(divided(raw.expect ?? {})[0]) : [];
	return [
		...(raw.service && raw.services ? [['/services', 'there is "service" already, and it is one or the other']] : []),
		...lacks.map(({ name, pointer }) => [pointer, `${name} lacks "ready", which says what shows that it is`]),
		...nameless.map(({ name, pointer }) => [
			pointer,
			`${JSON.stringify(name)} is not the name of a host: write letters, digits, _ and -`,
		]),
		...joins.map((one) => [
			`${one.pointer}/${networkOf(rawOf(one, raw))}`,
			'"services" share a network of their own: a case with "service" can have another one',
		]),
		...(ofClient ? [[`/expect/${ofClient}`, `${ofClient} is about a client, and there is none`]] : []),
	] as [string, string][];
}

function networkOf({ network, namespaces }: RawCase): string | undefined {
	if (network !== undefined) return 'network';
	return isObject(namespaces) && 'network' in namespaces ? 'namespaces/network' : undefined;
}

/** `sources`: of each service, with what it has. `source` is that of the case. */
export function servingCaseOf(source: CaseSource, sources: CaseSource[], combination: Combination): Case {
	const raw = combined(source, combination);
	const services = sources.map((one) => serviceOf(one, combination));
	const [first] = services as [ServiceOfCase];
	const judge = judgeClients(raw.expect ?? {});
	for (const { where, message } of judge.mistakes)
		source.report(`/expect${where}`, message.replace(/^[^:]*: /, ''), 'value');
	const isShared = raw.services !== undefined;
	return {
		...first.one,
		expect: { ...first.one.expect, ...raw.expect },
		placeOf(where) {
			const of = services.find(({ name }) => where.startsWith(`/services/${escapeToken(name)}/`));
			return of ? of.one.placeOf(where.slice(`/services/${escapeToken(of.name)}`.length)) : first.one.placeOf(where);
		},
		alone: raw.alone ?? (!isShared || services.some(({ one }) => one.alone)),
		serving: { services, isShared, clients: clientsOf(raw.client), judge },
	};
}

function serviceOf(source: CaseSource, combination: Combination): ServiceOfCase {
	const { ready: written = {}, stop } = combined(source, combination);
	const one = caseOf(source, combination);
	const ready = placed(written, one.options.rootfs === undefined ? source.directory : '/');
	const attempt = attemptOf(source.report);
	// of an empty one the schema has said so
	if (Object.keys(ready).length > 0) attempt(() => parseReady(substituted(ready, directoryOf)));
	attempt(() => parseStop(stop));
	return { name: source.service as string, one, ready, stop };
}

/** For what is looked at before there is one. */
const directoryOf = (name: string) => (/^(CASE|SUITE)_DIR$/.test(name) ? '/' : undefined);

/** A path that is relative is so from the directory of the file. */
function placed({ socket, ...others }: Ready, directory: string): Ready {
	if (socket === undefined) return others;
	return { ...others, socket: socket.startsWith('@') ? socket : within(directory, socket) };
}

/** In a list a text is a script, and a list is the words of a command. */
function clientsOf(given: RawCase['client'] = []): (string | string[])[] {
	return [given].flat().map((one) => (typeof one === 'string' ? one : one.map(String)));
}
