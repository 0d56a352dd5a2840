/**
 * `fd:N` in the place of a file that a report goes to: the open file N of the caller, as in `procready run --json fd:3 … 3>report`.
 * It is looked at before anything is started, because later a file of procready itself may have the number.
 */
import {
	accessSync,
	constants,
	existsSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { invalidFlag } from '../flags/arguments.js';
import { notWritten } from '../harness/not-written.js';
import { type Output, openFile } from './output.js';

const opened = new Map<string, Output>();

/** `undefined` for any other name of a file. Throws `option-invalid` where the caller has no such file, or none to write to. */
export function callersFile(flag: string, file: string): Output | undefined {
	if (!file.startsWith('fd:')) return undefined;
	const known = opened.get(`${flag} ${file}`);
	if (known) return known;
	const mistake = mistakeIn(file);
	if (mistake) throw invalidFlag(flag, `${file}: ${mistake}`);
	const output = openFile(Number(file.slice(3)), `${flag} ${file}`);
	opened.set(`${flag} ${file}`, output);
	return output;
}

/** The flags that name a file to write; what is asked for `fd:N` may be one of the caller's. */
const reports = ['json', 'html', 'csv', 'markdown'];
const files = [...reports, 'save-budget'];

/** Before anything is started: afterwards what was found would be lost. Throws `option-invalid`, `not-written`. */
export function checkReports(values: Readonly<Record<string, unknown>>): void {
	for (const name of files) {
		const file = values[name];
		if (typeof file !== 'string') continue;
		const isPath = file !== '-' && !(reports.includes(name) && callersFile(`--${name}`, file));
		if (isPath) checkPath(`--${name}`, file);
	}
}

function checkPath(flag: string, path: string): void {
	try {
		accessSync(existsSync(path) ? path : `${dirname(path)}/.`, constants.W_OK);
		if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) openSync(path, 'r+'); // EISDIR
	} catch (cause) {
		throw notWritten(`${flag} ${path}`, cause);
	}
}

/** File descriptors are ints of C. */
const most = 2 ** 31 - 1;

function mistakeIn(file: string): string | undefined {
	const number = file.slice(3);
	if (!/^(0|[1-9]\d*)$/.test(number) || Number(number) > most)
		return 'is not fd: and the number of an open file; write ./fd:… for a file of that name';
	const what = notGiven(number, targetOf(number));
	return what && `${what}: open it for procready, as in ${number}>FILE`;
}

/** Where the caller has not opened a file, Node may have one of its own with the number: to wait, and to wake itself up. */
function notGiven(number: string, target: string | undefined): string | undefined {
	if (target === undefined || target.startsWith('anon_inode:')) return `the caller has no file open as ${number}`;
	if (!isWritable(number)) return `the caller has no file open for writing as ${number}`;
	if (target.startsWith('pipe:') && hasReadingEnd(target))
		return `the caller has no file open as ${number}, or both ends of a pipe`;
	return undefined;
}

function targetOf(number: string): string | undefined {
	try {
		return readlinkSync(`/proc/self/fd/${number}`);
	} catch {
		return undefined; // also of a file that was closed meanwhile
	}
}

/** O_WRONLY or O_RDWR, and no O_PATH. proc_pid_fdinfo(5) has the flags in octal. */
function isWritable(number: string): boolean {
	const [, octal = '0'] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'latin1')) ?? [];
	return (Number.parseInt(octal, 8) & 0o3) !== 0;
}

function hasReadingEnd(pipe: string): boolean {
	return readdirSync('/proc/self/fd').some((number) => targetOf(number) === pipe && !isWritable(number));
}
