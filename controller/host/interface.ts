/**
 * The host interface: all that the layers from plan/ to container/ ask of the machine they run on. They call `machine` of
 * machine.ts, which does it by Node; a test puts functions of its own in front of that, and another engine than Node needs
 * these functions and nothing else. What fails throws an error with the name of the errno(3) as its `code`. Functions
 * return at once but where they give a promise.
 */

import type { Duplex, Readable, Socket, Stream } from '../model/streams.js';

/** How a file is opened: none of these creates one. `entry` and `directory` follow no symbolic link at the end; `fifo` reads, and does not wait. */
export type Access = 'read' | 'fifo' | 'write' | 'readWrite' | 'append' | 'entry' | 'directory';

export interface FileStatus {
	inode: number;
	/** Who owns it. */
	uid: number;
	/** The type and the permissions, as st_mode of stat(2). */
	mode: number;
	/** Of a device node: its number, makedev(3). */
	device: number;
	/** Its names. Those of a directory of the kernel's: 2, and one for each directory in it. */
	links: number;
	/** Milliseconds since the epoch. */
	modified: number;
}

interface Files {
	/** A small file of the kernel, in Latin-1, without white space at its end. */
	readText(path: string): string;
	/** One write(2) to a file that is there. */
	writeText(path: string, text: string): void;
	/** All of a file as UTF-8, by its path or from where an open one stands. */
	readFile(file: string | number): string;
	readBytes(path: string): Uint8Array;
	/** A file or a pipe that somebody has named: an error without a code says why it is no text of at most 16 MiB. */
	readGiven(path: string): string;
	/** What a device that gives a record at each read(2) has now: /dev/kmsg. In Latin-1, the oldest first. */
	readRecords(path: string): string[];
	/** A new file with this text, or none; EEXIST where there is one. */
	createFile(path: string, text: string, mode: number): void;
	/** The number of the open file. */
	open(path: string, access: Access): number;
	/** It is closed then, whatever else close(2) says. */
	close(file: number): void;
	/** An open file as `readText` reads one: from its beginning, at most 16 KiB. */
	read(file: number): string;
	/** To an open file: one write(2), but where the kernel takes only a part of it. */
	write(file: number, text: string): void;
	/** The same while this process goes on with other work. */
	writeAside(file: number, text: string): Promise<void>;
	/** `undefined` where there is no such file. */
	status(path: string): FileStatus | undefined;
	statusOf(file: number): FileStatus;
	exists(path: string): boolean;
	isWritable(path: string): boolean;
	/** Where the symbolic link leads. */
	readLink(path: string): string;
	/** The names in a directory. */
	list(directory: string): string[];
	/** The names of the directories in a directory. */
	listDirectories(directory: string): string[];
	makeDirectory(path: string, mode?: number): void;
	/** With those that are missing above it; one that is there is none to fail for. */
	makeDirectories(path: string, mode: number): void;
	removeDirectory(path: string): void;
	/** A file; one that is gone already is no error. */
	remove(path: string): void;
	rename(from: string, to: string): void;
	/** Calls `onChange` when the kernel says that the file has changed, or in a directory the file of this name. inotify(7). */
	watch(path: string, onChange: (name?: string) => void): Disposable;
}

/** As in `child_process.spawn`. */
export type ChildStdio = 'pipe' | 'inherit' | 'ignore' | number | Stream;

export interface Ended {
	/** The exit status. */
	status?: number | undefined;
	/** The name of the signal that ended it. */
	signal?: string | undefined;
	/** Why it could not be started. */
	failure?: unknown;
}

export interface Child {
	/** `undefined` where it could not be started. */
	readonly pid: number | undefined;
	/** Our ends of what is `'pipe'` in `stdio`, by the child's file descriptors. */
	readonly pipes: (Socket | null | undefined)[];
	readonly ended: Promise<Ended>;
	/** From now on this process ends without waiting for it. */
	letGo(): void;
	/** SIGKILL, where it has not ended: never another process that has its number by now. */
	kill(): void;
}

export interface ProgramOptions {
	/** What it reads. */
	input?: string;
	/** Milliseconds, then it is killed; 0 is no end. Default: 30 s. */
	patience?: number;
	/** Its environment. Default: that of this process. */
	env?: Record<string, string>;
}

export interface ProgramResult {
	/** It could not be started, or ended with another status than 0. */
	failed: boolean;
	/** Why it could not be started. */
	errno?: string | undefined;
	stdout: Uint8Array;
	/** Without the line feed at its end. */
	stderr: string;
	/** One sentence that says how it failed. */
	message: string;
}

/** What this process is, and its children will be. */
export interface Self {
	pid: number;
	/** The effective user, and group. */
	uid: number;
	gid: number;
	environment: Readonly<Record<string, string | undefined>>;
	/** The working directory; `undefined` where it was removed. */
	directory: string | undefined;
	/** The numbers of the signals that are ignored, because whoever started this process ignores them. */
	ignoredSignals: readonly number[];
}

interface Processes {
	self(): Self;
	/** Starts the threads of this process that else begin when it first needs one, which may be when no more tasks are allowed. */
	startThreads(): Promise<void>;
	/** What errno(3) says of a name such as `EACCES`; `undefined` where there is no such name. */
	errnoWords(errno: string): string | undefined;
	/** Where the user of this process has the own files. */
	homeDirectory(): string;
	/** What this process can change of itself and a child inherits, but for its environment: a text to compare. */
	inherited(): string;
	/** ESRCH where there is no such process. */
	signal(pid: number, signal: NodeJS.Signals | number): void;
	/** In a session of its own. EMFILE; what else goes wrong is the `failure` of its end. */
	spawn(program: string, args: string[], stdio: ChildStdio[], env: Record<string, string>): Child;
	/** Runs a program to its end and keeps what it writes. Does not reject where it fails. */
	run(program: string, args: string[], options: ProgramOptions): Promise<ProgramResult>;
	/**
	 * Takes a lock of the open file, flock(2), which is held until the file is closed; waits for it, or resolves to false
	 * where another open file has it. Rejects with `setup-failed` where it cannot be asked for.
	 */
	lock(file: number, wait: boolean): Promise<boolean>;
	/** Called when this process ends other than by a signal. The result takes that back. */
	atExit(act: () => void): () => void;
}

/** A pipe(2), by the numbers of its ends. */
export interface Pipe {
	/** Does not block. */
	reading: number;
	/** For a child; blocks. */
	writing: number;
}

export interface Filtered {
	/** What the filter has passed. Whoever does not read it stops whoever writes. */
	stream: Duplex;
	/**
	 * Reads what has been written so far, of a pipe, or all up to the end, of a stream; nothing that comes later. Whoever
	 * reads `stream` need not have read it by then.
	 */
	finish(): Promise<void>;
}

interface Pipes {
	makePipe(): Promise<Pipe>;
	/** Reads the reading end of a pipe, which is closed at the end, or a stream, each piece through the filter. */
	filtered(from: number | Duplex, filter: (chunk: Uint8Array) => Uint8Array): Filtered;
	/** All of it to an open file, whose flags stay as they are: they may be the caller's too. */
	writeWhole(file: number, chunk: Uint8Array): Promise<void>;
	/**
	 * Writes all that comes to an open file, whose flags stay as they are: they may be the caller's too. Where nobody reads
	 * the file any more, the source is destroyed.
	 */
	copyTo(file: number, source: Readable): Promise<void>;
	/** The number of the open file that a stream stands for; `undefined` where there is none. */
	fileOf(stream: Stream): number | undefined;
}

interface Clock {
	/** Milliseconds since the epoch: the clock of files. */
	now(): number;
	/** Microseconds of CLOCK_MONOTONIC: the clock of the shim's messages. */
	monotonic(): number;
	/** Microseconds of processor time that this process has used, all of its threads. */
	processorTime(): number;
	/** Milliseconds; rejects when the signal fires. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
	/** Calls `act` then; this process waits for it, or not. The result takes that back. */
	after(milliseconds: number, act: () => void, waitsForIt: boolean): () => void;
	/** Calls `act` each time. The result ends that. */
	every(milliseconds: number, act: () => void): () => void;
}

export interface LineReceiver {
	/** A line was a JSON value. */
	value(value: unknown): void;
	/** A line was not. Nothing follows. */
	failed(cause: Error): void;
	/** Nothing more comes. */
	ended(): void;
}

export interface LineChannel {
	write(text: string): void;
	/** The other side reads to the end then; what it still says is for nobody. */
	end(): void;
}

interface Lines {
	/** Reads JSON values, one a line, from a socket. What fails on it is no more than its end. */
	openLines(socket: Duplex, receiver: LineReceiver): LineChannel;
	/** UTF-8. */
	decodeUtf8(chunks: readonly Uint8Array[]): string;
	/** 64 hexadecimal digits. */
	sha256(...parts: (string | Uint8Array)[]): string;
	/** Tells whoever measures where a launch spends its time of a message of the protocol. */
	announce(message: object): void;
}

export interface Machine extends Files, Processes, Pipes, Clock, Lines {}
