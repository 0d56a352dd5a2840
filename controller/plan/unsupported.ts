/** What OCI runtime-spec 1.3 has and procready has not: refused by name, so that nothing is ever silently left out. */

const modules = 'labels and profiles of AppArmor and SELinux are not set; leave it out, or switch it off in the engine';

/** Pointer of the object that holds them, their names, and a word on it. */
const unsupported: [holder: string, members: string[], word: string][] = [
	['', ['hooks'], 'nothing but the program is run'],
	['', ['vm', 'windows', 'solaris', 'zos', 'freebsd'], 'this is Linux'],
	['/process', ['apparmorProfile', 'selinuxLabel'], modules],
	['/process', ['commandLine'], 'this is Linux'],
	['/process/user', ['username'], 'names are given in procready.user'],
	['/linux', ['mountLabel'], modules],
	['/linux', ['intelRdt'], 'shares of caches and of the bandwidth of memory are not given out; leave it out'],
	['/linux', ['memoryPolicy'], 'begin the program by numactl(8), or limit its nodes by linux.resources.cpu.mems'],
	['/linux/resources/blockIO', ['leafWeight'], 'no kernel has it any more'],
];

/** What to say of a member that the schema does not know; `undefined` where OCI does not know it either. */
export function whyUnsupported(pointer: string): string | undefined {
	const row = unsupported.find(([holder, members]) => members.some((member) => pointer === `${holder}/${member}`));
	return row && `is not supported: ${row[2]}`;
}

/** A copy without the members above that ask for nothing, as in `"hooks": {}`. */
export function withoutEmpty(spec: unknown, pointer = ''): unknown {
	if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) return spec;
	const members = Object.entries(spec)
		.filter(([name, value]) => !(isEmpty(value) && whyUnsupported(`${pointer}/${name}`)))
		.map(([name, value]) => [name, withoutEmpty(value, `${pointer}/${name}`)]);
	return Object.fromEntries(members);
}

function isEmpty(value: unknown): boolean {
	if (value === undefined || value === null || value === false || value === '') return true;
	return typeof value === 'object' && Object.values(value).every(isEmpty);
}
