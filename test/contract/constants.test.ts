/** Numbers and tables of the C sources against the schema and, where the kernel knows the names, against its headers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { version } from '../../controller/host/release.js';
import { shim, top } from '../support/paths.js';
import { isString, places, type Schema, schema } from './places.js';
import { configMax } from './readers.js';

const read = (file: string) => readFileSync(join(top, file), 'utf8');
const header = read('shim/shim.h');
const tables = read('shim/config.c');

const at = (pointer: string) => [...places()].find((place) => place.pointer === pointer)?.at as Schema;

/** NAME = number or NAME = a << b in an enum of the header. */
function constant(name: string): number {
	const [, number, shift] = new RegExp(`\\b${name} =\\s+(\\d+)(?: << (\\d+))?`).exec(header) ?? [];
	return Number(number) * 2 ** Number(shift ?? 0);
}

/** What stands between the braces after the words, without comments. */
function braces(text: string, words: string): string {
	const found = new RegExp(`${words.replace(/[[\]]/g, '\\$&')}[^{;]*\\{([^}]*)\\}`).exec(text)?.[1];
	if (found === undefined) throw new Error(`no ${words} {…}`);
	return found.replaceAll(/\/\*.*?\*\//gs, '');
}

/** The strings of a table of config.c. */
const names = (table: string) =>
	[...braces(tables, `${table}[]`).matchAll(/"(.*?)"/g)].map(([, name]) => name as string);

/** The constants of an enum of shim.h, the count at its end left out. */
const constants = (name: string) =>
	braces(header, `enum ${name}`)
		.split(',')
		.map((one) => one.trim())
		.filter((one) => one !== '' && !one.endsWith('_COUNT'));

t.test('the longest lists', (t) => {
	const limits: Record<string, string[]> = {
		ARGS_MAX: ['/args', '/env'],
		MOUNTS_MAX: ['/mounts'],
		DATA_MAX: ['/mounts/0/data'],
		DEVICES_MAX: ['/devices'],
		LINKS_MAX: ['/links'],
		PATHS_MAX: ['/maskedPaths', '/readonlyPaths'],
		SYSCTLS_MAX: ['/sysctl'],
		GROUPS_MAX: ['/user/additionalGids', '/user/additionalGroups'],
		CPUS_MAX: ['/cpuAffinity'],
		RLIMITS_MAX: ['/rlimits'],
		FORKS_MAX: ['/forks/refuse'],
		SIGNALS_MAX: ['/ignoredSignals'],
		CGROUPS_MAX: ['/cgroup/directories', '/cgroup/bases'],
	};
	for (const [name, pointers] of Object.entries(limits))
		for (const pointer of pointers) t.equal(at(pointer).maxItems, constant(name), `${name}: ${pointer}`);
	const limited = [...places()].filter(({ at }) => at.maxItems !== undefined).map(({ pointer }) => pointer);
	t.strictSame(Object.values(limits).flat().sort(), limited.sort(), 'no other list has a limit');
	t.end();
});

t.test('other numbers', (t) => {
	t.equal(at('/preservedFds').maximum, constant('FDS_MAX'));
	t.equal(at('/cpuAffinity/0').maximum, constant('CPUS_MAX') - 1);
	t.equal(at('/seccomp/filter').allOf?.find(({ maxLength }) => maxLength)?.maxLength, 16 * constant('FILTER_MAX'));
	t.equal(names('capability_names').length, constant('CAPABILITIES_COUNT'));
	t.equal(configMax, constant('CONFIG_MAX'));
	t.equal(Math.max(...[...places()].map(({ path }) => path.length)), constant('JSON_DEPTH'));
	t.equal(Number(/INTEGER_MAX (\d+)LL/.exec(header)?.[1]), Number.MAX_SAFE_INTEGER);
	t.end();
});

t.test('the pool for lists of strings is exactly as large as all of them need', (t) => {
	let needed = 3; // for HOME, USER and LOGNAME, after env
	for (const { path, at: place } of places())
		if (place.items && isString(place.items)) {
			const outer = path.map((key, i) => (key === 0 ? (at(`/${path.slice(0, i).join('/')}`).maxItems ?? 0) : 1));
			needed += outer.reduce((product, count) => product * count, (place.maxItems ?? 0) + 1);
		}
	const terms = /SLOTS = ([^;]*?),\n};/s
		.exec(read('shim/json.c'))?.[1]
		?.replaceAll(/\((\w+) \+ 1\)/g, (_, name) => String(constant(name) + 1))
		.replaceAll(/[A-Z_]+/g, (name) => String(constant(name)))
		.split(/\s\+\s/)
		.map((term) => term.split(' * ').reduce((product, factor) => product * Number(factor), 1));
	t.equal(
		terms?.reduce((sum, term) => sum + term, 0),
		needed,
	);
	t.end();
});

/** Tables of config.c, the enums of shim.h that count their names, and how such a name is one there. */
const counted: [table: string, constants: string, pointers: string[], constant: (name: string) => string][] = [
	['init_types', 'init_type', ['/initType'], (name) => `INIT_${name.toUpperCase()}`],
	['propagations', 'propagation', ['/rootfsPropagation'], (name) => name.toUpperCase()],
	['mount_propagations', 'mount_propagation', ['/mounts/0/propagation'], (name) => `M_${name.toUpperCase()}`],
	[
		'mount_attributes',
		'mount_attribute',
		['set', 'clear', 'setRecursive', 'clearRecursive'].map((set) => `/mounts/0/${set}/0`),
		(name) => `ATTR_${name.toUpperCase()}`,
	],
	[
		'device_types',
		'device_type',
		['/devices/0/type'],
		(name) => ({ b: 'DEVICE_BLOCK', c: 'DEVICE_CHARACTER', p: 'DEVICE_FIFO' })[name] ?? '',
	],
	['policies', 'scheduler_policy', ['/scheduler/policy'], (name) => name.replace('SCHED', 'POLICY')],
	['io_classes', 'io_class', ['/ioPriority/class'], (name) => name.replace('IOPRIO_CLASS', 'IO')],
	['personalities', 'personality', ['/personality'], (name) => `PERSONALITY_${name}`],
	['seccomp_flags', 'seccomp_flag', ['/seccomp/flags/0'], (name) => name.replace('SECCOMP_FILTER_FLAG', 'SECCOMP')],
];

t.test('the names of choices and sets', (t) => {
	for (const [table, type, pointers, constant] of counted) {
		for (const pointer of pointers) t.strictSame(names(table), at(pointer).enum, `${table}: ${pointer}`);
		const absent = constants(type).length - names(table).length; // what stands for an absent choice comes first
		t.strictSame(constants(type).slice(absent), names(table).map(constant), `${table}: enum ${type}`);
		t.equal(absent, /UNCHANGED/.test(constants(type)[0] as string) ? 1 : 0, `${table}: names for all of the enum`);
	}
	for (const set of ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'])
		t.strictSame(names('capability_names'), at(`/capabilities/${set}/0`).enum, set);
	t.strictSame(names('rlimit_types'), at('/rlimits/0/type').enum, 'rlimits');
	const namespaces = [...tables.matchAll(/NAMESPACE\(NS_(\w+), "(\w+)"\)/g)];
	t.strictSame(
		namespaces.map(([, , name]) => name),
		Object.keys(at('/namespaces').properties ?? {}),
	);
	for (const [, constant, name] of namespaces) t.equal(constant?.toLowerCase(), name, `namespace ${name}`);
	const all = [...counted.flatMap(([, , pointers]) => pointers), '/rlimits/0/type'];
	const chosen = [...places()].filter(({ at, pointer }) => at.enum && !pointer.startsWith('/capabilities'));
	t.strictSame(chosen.map(({ pointer }) => pointer).sort(), all.sort(), 'there are no others');
	t.end();
});

/** The numbers that a header of the kernel gives to names, by #define or in an enum of the header. */
function kernel(file: string): (name: string) => number {
	const text = readFileSync(join('/usr/include', file), 'utf8');
	return (name) =>
		Number(
			new RegExp(`^(?:#\\s*define)?\\s*${name}\\s+(?:=\\s*)?\\(?(\\d\\w*)`, 'm').exec(text)?.[1]?.replace('UL', ''),
		);
}

t.test('what the kernel calls so has the same number', (t) => {
	const capability = kernel('linux/capability.h');
	for (const [i, name] of names('capability_names').entries()) t.equal(capability(name), i, name);
	const resource = kernel('asm-generic/resource.h');
	const limits = [...braces(tables, 'rlimit_types[]').matchAll(/\[(\w+)\] = "(\w+)"/g)];
	t.equal(limits.length, names('rlimit_types').length);
	for (const [i, [, constant, name = '']] of limits.entries()) {
		t.equal(constant, name, `[${name}]`);
		t.equal(resource(name), i, name);
	}
	const policy = kernel('linux/sched.h');
	for (const [i, name] of names('policies').entries())
		if (name !== 'SCHED_ISO') t.equal(policy(name.replace('OTHER', 'NORMAL')), i, name); // which is only reserved
	const ioClass = kernel('linux/ioprio.h');
	for (const [i, name] of names('io_classes').entries()) t.equal(ioClass(name), i + 1, name);
	const attribute = kernel('linux/mount.h');
	for (const name of names('mount_attributes'))
		t.ok(attribute(`MOUNT_ATTR_${name === 'ro' ? 'RDONLY' : name.toUpperCase()}`) >= 0, name);
	const flag = kernel('linux/seccomp.h');
	for (const name of names('seccomp_flags')) t.equal(flag(name), 1, `${name} is a bit`);
	t.end();
});

t.test('schema/README.md names the longest config and the longest message', (t) => {
	const documentation = read('schema/README.md');
	t.match(documentation, `${constant('CONFIG_MAX') / 2 ** 20} MiB`);
	t.match(documentation, new RegExp(`\\b${constant('MESSAGE_MAX')}\\b`));
	t.end();
});

t.test('one release', async (t) => {
	t.equal(JSON.parse(read('package.json')).version, version);
	t.equal(schema.properties?.version?.const, version);
	t.equal((await execa(shim, ['--version'])).stdout, `procready-shim ${version}`);
});
