/** What is wrong with a value, in a sentence and at a pointer, whatever keyword of JSON Schema found it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Validators, validators } from '../../controller/host/release.js';
import { findViolation } from '../../controller/model/validate.js';
import { samples } from '../contract/samples.js';
import { bad } from '../fixtures/init-config/bad.js';
import { top } from '../support/paths.js';

const [good] = samples;
const spec = { ociVersion: '1.3.0', process: { args: ['true'], cwd: '/' }, linux: { namespaces: [] } };
const resources = (resources: object) => ({ ...spec, linux: { namespaces: [], resources } });

const cases: [validator: keyof Validators, value: unknown, pointer: string, message: string][] = [
	['initConfig', [], '', 'must be an object'],
	['initConfig', { ...good, cwd: undefined }, '/cwd', 'is missing'],
	['initConfig', { ...good, 'a/b': 0 }, '/a~1b', 'is not known'],
	['initConfig', { ...good, cwd: 'x' }, '/cwd', 'must be an absolute path'],
	['initConfig', { ...good, args: 'true' }, '/args', 'must be an array'],
	['initConfig', { ...good, args: [] }, '/args', 'must not be empty'],
	['initConfig', { ...good, args: ['\0'] }, '/args/0', 'holds a NUL or half of a surrogate pair'],
	['initConfig', { ...good, args: Array(699051).fill('') }, '/args/699050', 'is one item too many'],
	['initConfig', { ...good, env: ['A'] }, '/env/0', 'must be KEY=VALUE'],
	['initConfig', { ...good, process1: 1 }, '/process1', 'must be true or false'],
	['initConfig', { ...good, umask: 0.5 }, '/umask', 'must be an integer'],
	['initConfig', { ...good, umask: -1 }, '/umask', 'must be at least 0'],
	['initConfig', { ...good, umask: 512 }, '/umask', 'must be at most 511'],
	['initConfig', { ...good, hostname: '' }, '/hostname', 'must not be empty'],
	['initConfig', { ...good, personality: 'BSD' }, '/personality', 'must be one of LINUX, LINUX32'],
	['initConfig', { ...good, user: { uid: 0, name: 'root' } }, '/user', 'has members of which only one may be given'],
	['initConfig', { ...good, target: { pid: 1, startTime: 0 } }, '/target', 'must not be given here'],
	['initConfig', { ...samples[2], namespaces: { ipc: 'new' } }, '/namespaces', 'must be empty'],
	['initConfig', { ...samples[2], process1: true }, '/process1', 'must be false'],
	['initConfig', { ...good, namespaces: { ipc: 'own' } }, '/namespaces/ipc', 'must be "new" or an absolute path'],
	['initConfig', { ...good, namespaces: { ...good?.namespaces, uts: '/x' } }, '/namespaces/uts', 'must be "new"'],
	[
		'initConfig',
		{ ...good, seccomp: { filter: '0' } },
		'/seccomp/filter',
		'must be groups of 16 hexadecimal digits in lower case',
	],
	[
		'initConfig',
		{ ...good, seccomp: { filter: '0'.repeat(65552) } },
		'/seccomp/filter',
		'must have at most 65536 characters',
	],
	[
		'initConfig',
		{ ...good, capabilities: { bounding: ['CAP_KILL', 'CAP_KILL'] } },
		'/capabilities/bounding/1',
		'is there twice',
	],
	['message', { time: 0 }, '/type', 'is missing'],
	['message', { type: 'procSleep' }, '/type', 'is missing or not known'],
	['message', { type: 'procReady', time: 0.5 }, '/time', 'must be an integer'],
	['options', { memory: '1M' }, '/memory', 'is not known; a limit belongs in "limits"'],
	['options', { limits: { 'memory-max': 1 } }, '/limits/memory-max', 'is not known; did you mean "memory.max"?'],
	['options', { limits: { pids: true } }, '/limits/pids', 'must be a number or a string'],
	['spec', { ...spec, ociVersion: '2.0.0' }, '/ociVersion', 'must be a version from 1.0 to 1.3'],
	[
		'spec',
		resources({ unified: { 'no file': '1' } }),
		'/linux/resources/unified/no file',
		'is not the name of a cgroup file',
	],
];

t.test('a sentence and a pointer', (t) => {
	for (const [validator, value, pointer, message] of cases)
		t.strictSame(
			findViolation(validators[validator], JSON.parse(JSON.stringify(value))),
			{ pointer, message },
			`${pointer} ${message}`,
		);
	t.end();
});

t.test('every fault of the fixtures that the schema finds has words of ours', (t) => {
	for (const { name, text } of bad) {
		let value: unknown;
		try {
			value = JSON.parse(text.toString());
		} catch {
			continue; // no JSON
		}
		const violation = findViolation(validators.initConfig, value);
		if (violation) t.notMatch(violation.message, /must (NOT|match|pass)|schema|violates/, name);
	}
	t.end();
});

t.test('every pattern of the schemas has words', (t) => {
	const sentences = readFileSync(join(top, 'controller/model/validate.ts'), 'utf8');
	for (const file of readdirSync(join(top, 'schema')).filter((name) => name.endsWith('.json')))
		for (const [, pattern] of readFileSync(join(top, 'schema', file), 'utf8').matchAll(/"pattern": "(.*?)"/g))
			t.ok(sentences.includes(`'${pattern}'`), `${file}: ${pattern}`);
	t.end();
});
