/**
 * A shim that stops at a chosen message: between controller and shim stands a relay that, when the message comes,
 * writes a file and then either waits (so that the test can kill the controller in this very state), kills the shim, or
 * stops, which is to the controller as if the shim was stopped.
 * What a killed controller had sent still arrives, as it would in a socket.
 */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shim } from './paths.js';

/** The states of the protocol, each named by the last message that was sent; `started` is before anything was. */
export const states = [
	'started',
	'config',
	'procCreate',
	'procCreated',
	'procSetup',
	'procReady',
	'procRun',
	'procStarted',
	'procExited',
] as const;

export type State = (typeof states)[number];

export interface StoppingShim {
	/** For PROCREADY_SHIM. */
	path: string;
	/** Exists once the state is reached. */
	reached: string;
}

export function stoppingShim(state: State, then: 'wait' | 'kill the shim' | 'stop'): StoppingShim {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	const path = join(directory, 'shim');
	const reached = join(directory, 'reached');
	writeFileSync(
		path,
		`#!${process.execPath}
const { spawn } = require('node:child_process');
const { Socket } = require('node:net');
const { readlinkSync, writeFileSync } = require('node:fs');
const controller = new Socket({ fd: 3 });
const isSocket = (fd) => readlinkSync('/proc/self/fd/' + fd).startsWith('socket:');
const stdio = [0, 1, 2, 'pipe', ...(isSocket(4) ? [4] : [])]; // of a terminal
const child = spawn(${JSON.stringify(shim)}, process.argv.slice(2), { stdio, detached: true });
const channel = child.stdio[3];
let stopped = false;
const stop = () => {
	stopped = true;
	if (${then === 'kill the shim'}) {
		child.kill('SIGKILL');
		child.on('exit', () => {
			writeFileSync(${JSON.stringify(reached)}, '');
			process.kill(process.pid, 'SIGKILL');
		});
		return;
	}
	if (${then === 'stop'}) return process.kill(process.pid, 'SIGSTOP');
	const parent = process.ppid; // before anybody is told to kill it
	writeFileSync(${JSON.stringify(reached)}, '');
	const timer = setInterval(() => {
		if (process.ppid === parent) return;
		clearInterval(timer);
		stopped = false;
		for (const flush of relays) flush();
	}, 5);
};
const relays = [];
const relay = (from, to) => {
	let text = '';
	let ended = false;
	const flush = () => {
		for (let end; !stopped && (end = text.indexOf('\\n') + 1) > 0; ) {
			const line = text.slice(0, end);
			text = text.slice(end);
			to.write(line);
			if ((JSON.parse(line).type ?? 'config') === ${JSON.stringify(state)}) stop();
		}
		if (!stopped && ended) to.end();
	};
	relays.push(flush);
	from.on('error', () => {});
	from.on('data', (chunk) => {
		text += chunk;
		flush();
	});
	from.on('close', () => {
		ended = true;
		flush();
	});
};
if (${state === 'started'}) stop();
relay(controller, channel);
relay(channel, controller);
`,
	);
	chmodSync(path, 0o755);
	return { path, reached };
}
