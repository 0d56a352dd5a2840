/**
 * Mount options of OCI config.md, "Linux mount options", each turned into what it means for mount_setattr(2) and
 * fsconfig(2), or refused. What is none of them is for the file system.
 */

import { invalidOption } from '../errors.js';
import type { InitMount, MountAttribute, MountPropagation } from '../model/init-config.js';

/** What the options come to. */
export interface MountOptions extends Pick<InitMount, 'recursive' | 'propagation'> {
	/** Of the mount, and with what is mounted below it: what each option left last. */
	own: Attributes;
	below: Attributes;
	data: string[];
	/** The mount's ids are mapped, also those of what is mounted below it. */
	idmap?: 'idmap' | 'ridmap';
	/** It begins as a copy of what it covers. */
	copyUp?: true;
	/** `ro` and `rw` as they were written last. */
	access?: 'ro' | 'rw';
}

/** True: set, false: cleared. One of the three times at most is set. */
export type Attributes = Partial<Record<MountAttribute, boolean>>;

const attributes: Record<string, [MountAttribute, boolean]> = {
	ro: ['ro', true],
	rw: ['ro', false],
	nosuid: ['nosuid', true],
	suid: ['nosuid', false],
	nodev: ['nodev', true],
	dev: ['nodev', false],
	noexec: ['noexec', true],
	exec: ['noexec', false],
	nodiratime: ['nodiratime', true],
	diratime: ['nodiratime', false],
	nosymfollow: ['nosymfollow', true],
	symfollow: ['nosymfollow', false],
};

const times = ['relatime', 'noatime', 'strictatime'] as const;
type Time = (typeof times)[number];

/** When the time of access is updated. Without one of them it is relatime, unless that is what is switched off. */
const timeOptions: Record<string, (now: Time | undefined) => Time | undefined> = {
	relatime: () => 'relatime',
	noatime: () => 'noatime',
	strictatime: () => 'strictatime',
	atime: (now) => (now === 'strictatime' ? now : 'relatime'),
	nostrictatime: (now) => (now === 'noatime' ? now : 'relatime'),
	norelatime: (now) => (now === 'noatime' ? now : 'strictatime'),
};

const propagations: readonly string[] = ['private', 'slave', 'shared', 'unbindable'].flatMap((kind) => [
	kind,
	`r${kind}`,
]);

/** Of the file system and not of the mount: flags of fsconfig(2). A bind cannot change them. */
const ofFileSystem = ['sync', 'async', 'dirsync', 'lazytime', 'nolazytime', 'mand', 'nomand'];

/** What is so anyway: `silent` and `loud` are about the kernel's log, and our mounts report to the caller instead. */
const nothing = ['defaults', 'noiversion', 'silent', 'loud'];

const refused: Record<string, string> = {
	remount: 'write the options at the mount itself',
	move: 'mount it where it belongs',
	iversion: 'the kernel has no word for it in fsconfig(2)',
};

/** `where` is the pointer to the options. */
export function parseMountOptions(given: readonly string[], where: string): MountOptions {
	const options: MountOptions = { own: {}, below: {}, data: [] };
	for (const [index, option] of given.entries()) apply(options, option, `${where}/${index}`);
	return options;
}

function apply(options: MountOptions, option: string, where: string): void {
	const base = option.replace(/^r/, '');
	if (Object.hasOwn(refused, option)) throw invalidOption(where, `${option} is not supported: ${refused[option]}`);
	if (nothing.includes(option)) return;
	if (option === 'tmpcopyup') options.copyUp = true;
	else if (option === 'bind' || option === 'rbind') options.recursive = option === 'rbind';
	else if (option === 'idmap' || option === 'ridmap') options.idmap = option;
	else if (propagations.includes(option)) setPropagation(options, option as MountPropagation, where);
	else if (setAttribute(options.own, option)) setAccess(options, option);
	else if (base === option || !setAttribute(options.below, base)) options.data.push(nonEmpty(option, where));
}

function setAttribute(attributesOf: Attributes, option: string): boolean {
	if (Object.hasOwn(timeOptions, option)) {
		const next = timeOptions[option]?.(times.find((time) => attributesOf[time]));
		for (const time of times) delete attributesOf[time];
		if (next) attributesOf[next] = true;
		return true;
	}
	const [attribute, value] = Object.hasOwn(attributes, option) ? (attributes[option] ?? []) : [];
	if (attribute === undefined || value === undefined) return false;
	attributesOf[attribute] = value;
	return true;
}

function setAccess(options: MountOptions, option: string): void {
	if (option === 'ro' || option === 'rw') options.access = option;
}

function setPropagation(options: MountOptions, propagation: MountPropagation, where: string): void {
	if (options.propagation && options.propagation !== propagation)
		throw invalidOption(where, `${propagation} contradicts ${options.propagation}`);
	options.propagation = propagation;
}

function nonEmpty(option: string, where: string): string {
	if (option === '') throw invalidOption(where, 'is empty');
	return option;
}

/** Throws where an option is none of a bind. */
export function checkBindOptions({ data }: MountOptions, given: readonly string[], where: string): void {
	const [option] = data;
	if (option === undefined) return;
	throw invalidOption(
		`${where}/${given.indexOf(option)}`,
		ofFileSystem.includes(option)
			? `${option} is of the file system, and a bind shows one that is mounted already`
			: `${option} is not an option of a bind`,
	);
}

/** The attributes that are set, or those that are cleared. */
export function attributesThat(are: boolean, of: Attributes): MountAttribute[] {
	return (Object.entries(of) as [MountAttribute, boolean][]).filter(([, value]) => value === are).map(([name]) => name);
}
