/** One case with one combination of its matrix: its command, its options and its expectations. */
import { resolve } from 'node:path';
import { ProcreadyError } from '../../errors.js';
import { defined } from '../../model/defined.js';
import type { Options } from '../../model/options.js';
import { escapeToken, unescapeToken } from '../../model/pointer.js';
import type { ScheduledStep } from '../../model/schedule.js';
import type { Mount } from '../../model/spec.js';
import { isBind } from '../../plan/mounts.js';
import { specOf } from '../../plan/specify.js';
import type { Attempt } from '../expect/attempt.js';
import { compile } from '../expect/check.js';
import { type Expectations, withDefaults } from '../expect/expectations.js';
import type { Lines, Place } from './document.js';
import { limitsOf } from './limits.js';
import { type Combination, pathOf, substituted } from './matrix.js';
import { type RawCase, remove } from './raw.js';
import type { Case } from './suite.js';
import { withoutUnits } from './times.js';
import { wordsOf } from './words.js';

/** A case as it is written, with the defaults; pointers are into `raw`. */
export interface CaseSource {
	raw: RawCase;
	directory: string;
	placeOf(pointer: string, part?: 'name' | 'value'): Place;
	lines: Lines;
	/** Of which service it is, and the names of all that the case has. */
	service?: string;
	services: readonly string[];
	report(pointer: string, message: string, part?: 'name' | 'value'): void;
}

/** What hangs must not hang a pipeline. */
const defaultTimeout = '1m';

export function caseOf(source: CaseSource, combination: Combination): Case {
	const raw = combined(source, combination);
	const {
		name = '',
		command,
		shell,
		args,
		limits,
		env,
		input = '',
		expect,
		matrix,
		repeat = 1,
		retry = 0,
		only,
		skip,
		alone,
		before,
		after,
		service: _,
		services: __,
		ready: ___,
		stop: ____,
		client: _____,
		...others
	} = raw;
	const at = (pointer: string) => inMatrix(pointer, source, combination);
	const attempt = attemptOf((where, message) => source.report(at(where), message));
	const words = attempt(() => argsOf(raw)).flat();
	const named = limitsOf(limits ?? {}, '/limits', attempt);
	const schedule = (raw.schedule as ScheduledStep[] | undefined)?.map((step, index) => {
		if (step.set === undefined) return step;
		return { ...step, set: limitsOf({ ...step.set }, `/schedule/${index}/set`, attempt).limits };
	});
	const options = { ...optionsOf(others, raw, named.limits, source.directory), ...defined({ schedule }) };
	checkOptions(words, options, (pointer, message) => {
		const place = writtenOf(pointer, named.written);
		const option = unescapeToken(place.split('/').at(-1) ?? '');
		source.report(at(place), `${option} ${withoutName(message)}`);
	});
	for (const [pointer, message] of withoutUnits(raw)) source.report(at(pointer), message);
	const expectations = withDefaults((expect ?? {}) as Expectations);
	const compiled = compile(expectations);
	for (const { where, message } of compiled.mistakes)
		source.report(`/expect${where}`, message.replace(/^[^:]*: /, ''), isUnknown(message) ? 'name' : 'value');
	return {
		name: nameOf(source.raw.name ?? '', name, combination),
		place: source.placeOf('/name'),
		lines: source.lines,
		args: words,
		options,
		input,
		expect: expectations,
		compiled,
		placeOf: (where) => source.placeOf(`/expect${where}`, 'name'),
		repeat,
		retry,
		only: only === true,
		skip,
		alone: alone ?? isTimed(expectations),
		before: [before ?? []].flat(),
		after: [after ?? []].flat(),
	};
}

/** With the values of the matrix where they belong. */
export function combined({ raw, service, services }: CaseSource, combination: Combination): RawCase {
	const filled = substituted(raw, (name) => {
		const chosen = combination.get(name);
		return chosen && String(chosen.value);
	});
	const paths = [...combination].map(([key, { value }]) => ({ ...pathOf(key, services), value }));
	const ofAll = paths.filter((one) => one.service === undefined);
	const ofThis = paths.filter((one) => one.service !== undefined && one.service === service); // these have the last word
	for (const { kind, name, value } of [...ofAll, ...ofThis])
		filled[kind] = { ...(filled[kind] as object | undefined), [name]: value };
	return filled;
}

/** A value of the matrix stands there, not where it went. */
function inMatrix(pointer: string, { service, services }: CaseSource, combination: Combination): string {
	for (const [key, { index }] of combination) {
		const { kind, name, service: of = service } = pathOf(key, services);
		if (of === service && pointer === `/${kind}/${escapeToken(name)}`) return `/matrix/${escapeToken(key)}/${index}`;
	}
	return pointer;
}

function nameOf(written: string, name: string, combination: Combination): string {
	if (combination.size === 0 || written !== name) return name;
	return `${name} [${[...combination].map(([key, { value }]) => `${key}=${value}`).join(', ')}]`;
}

export function attemptOf(report: (where: string, message: string) => void): Attempt {
	return (parse) => {
		try {
			return [parse()];
		} catch (error) {
			if (!(error instanceof ProcreadyError)) throw error;
			report(error.where ?? '', error.message.replace(/^[^:]*: /, ''));
			return [];
		}
	};
}

function argsOf({ command, shell, args = [] }: RawCase): string[] {
	if (command !== undefined && shell !== undefined)
		throw new ProcreadyError('option-invalid', 'shell: there is "command" already, and it is one or the other', {
			where: '/shell',
		});
	const further = args.map(String);
	if (shell !== undefined) return ['sh', '-c', shell, ...(further.length > 0 ? ['sh', ...further] : [])];
	if (command === undefined)
		throw new ProcreadyError(
			'option-invalid',
			'command: a case needs a "command" or a "shell", its own or the suite\'s',
			{
				where: '/command',
			},
		);
	return [...(typeof command === 'string' ? wordsOf(command, '/command') : command.map(String)), ...further];
}

/** What is relative is so from the directory of the file. */
function optionsOf(
	others: Record<string, unknown>,
	{ env }: RawCase,
	limits: Options['limits'],
	directory: string,
): Options {
	const { cwd, rootfs, mounts, timeout = defaultTimeout, ...rest } = others as Options;
	const variables = Object.entries(env ?? {}).map(([name, value]) => [name, String(value)]);
	return defined({
		...rest,
		timeout,
		limits: limits && Object.keys(limits).length > 0 ? limits : undefined,
		env: env && Object.fromEntries(variables),
		cwd: rootfs === undefined ? within(directory, cwd ?? '.') : cwd,
		rootfs: rootfs === undefined ? undefined : within(directory, rootfs),
		mounts: mounts?.map((mount) => absolute(mount, directory)),
	});
}

function absolute(mount: Mount, directory: string): Mount {
	return isBind(mount) && mount.source ? { ...mount, source: within(directory, mount.source) } : mount;
}

/** `${CASE_DIR}` and `${SUITE_DIR}` will be absolute. */
export function within(directory: string, path: string): string {
	return path.startsWith('${') ? path : resolve(directory, path);
}

/** All that the library says against them: each time without what it has said before. */
function checkOptions(args: string[], options: Options, report: (pointer: string, message: string) => void): void {
	const rest = structuredClone(options);
	for (;;) {
		try {
			specOf(args.length > 0 ? args : ['command'], rest, { containerPid: () => 1 });
			return;
		} catch (error) {
			if (!(error instanceof ProcreadyError)) throw error;
			report(error.where ?? '', error.message);
			if (!remove(rest, error.where ?? '')) return;
		}
	}
}

/** Of the option, or of what holds it. */
function writtenOf(pointer: string, written: Map<string, string>): string {
	for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
		const place = written.get(at);
		if (place !== undefined) return place;
	}
	return pointer;
}

function withoutName(message: string): string {
	return message.replace(/^options: \S+ /, '').replace(/^[^\s:]*: /, '');
}

function isUnknown(message: string): boolean {
	return message.includes('; did you mean') || message.includes(': there are ');
}

/** Others that run meanwhile would be seen in these figures. */
function isTimed({ wall, usage = {}, hits }: Expectations): boolean {
	const names = [...Object.keys(usage ?? {}), ...(typeof hits === 'object' && hits ? Object.keys(hits) : [])];
	return wall !== undefined || names.some((name) => /^(pressure\.|cpu\.(throttled|max|periods))/.test(name));
}
