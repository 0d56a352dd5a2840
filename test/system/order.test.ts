/** In which order the controller takes what the shim says: a shim that is not ours says it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { python, top } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-order-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const rusage = '{"utime":0,"stime":0,"maxrss":0,"minflt":0,"majflt":0,"inblock":0,"oublock":0,"nvcsw":0,"nivcsw":0}';
/** The pid is that of the shim itself: the controller moves it into cgroups, and kills what is in them. */
const members: Record<string, string> = { procCreated: ',"pid":PID', procExited: `,"code":0,"rusage":${rusage}` };

/** What comes of a launch when the shim says these, as soon as it has the config, and then waits for the end. */
async function launched(...types: string[]): Promise<string> {
	const lines = types.map((type) => `{"type":"${type}","time":1${members[type] ?? ''}}\n`).join('');
	const shim = join(directory, 'shim');
	writeFileSync(
		shim,
		`#!${python}
import os, socket
channel = socket.socket(fileno=3)
channel.recv(65536)
channel.sendall('''${lines}'''.replace('PID', str(os.getpid())).encode())
while channel.recv(65536): pass
`,
	);
	chmodSync(shim, 0o755);
	const script = `
		const { run } = await import('${top}dist/controller/index.js');
		const result = await run(['true']).catch((error) => error);
		console.log(result.code ?? result.verdict.outcome, result.code ? result.message : '');`;
	const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], {
		env: { PROCREADY_SHIM: shim },
	});
	return stdout.trim();
}

t.test('as it should be, and with an init that is faster than the outer', async (t) => {
	t.equal(await launched('procCreated', 'procReady', 'procStarted', 'procExited'), 'passed');
	t.equal(await launched('procReady', 'procCreated', 'procStarted', 'procExited'), 'passed');
});

t.test('anything else is no protocol', async (t) => {
	for (const [types, what] of [
		[['procStarted'], 'procStarted instead of procCreated'],
		[['procExited'], 'procExited instead of procCreated'],
		[['procReady', 'procReady'], 'procReady instead of procCreated'],
		[['procReady', 'procStarted'], 'procStarted instead of procCreated'],
		[['procCreated', 'procCreated'], 'procCreated instead of procReady'],
		[['procCreated', 'procStarted'], 'procStarted instead of procReady'],
		[['procReady', 'procCreated', 'procReady'], 'procReady instead of procStarted'],
		[['procCreated', 'procReady', 'procExited'], 'procExited instead of procStarted'],
		[['procCreated', 'procReady', 'procStarted', 'procStarted'], 'procStarted instead of procExited'],
	] as const)
		t.equal(await launched(...types), `protocol-violated the shim sent ${what}`);
});
