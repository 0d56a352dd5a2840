/** Who the caller is, and what that allows. */
import { uses } from './capabilities.js';
import { about, type Check } from './check.js';
import { asRoot, rootCommand } from './remedies.js';

const who: Check = ({ caller: { uid, name, capabilities } }) => {
	const { ok, limited } = about('rights', 'caller');
	const user = name ? `${name}, uid ${uid}` : `uid ${uid}`;
	if (uid === 0) return ok(user);
	if (capabilities.length === uses.length) return ok(`${user}, with all capabilities that procready uses`);
	return limited(`${user}, not root`, { remedies: [rootCommand], affects: ['what needs capabilities'] });
};

const capabilities: Check = ({ caller }) => {
	const { ok, missing } = about('rights', 'capabilities');
	const lacking = uses.filter(({ name }) => !caller.capabilities.includes(name));
	if (lacking.length === 0) return ok('all that procready uses');
	if (lacking.length === uses.length)
		return missing(`the caller has none of the ${uses.length} that procready uses`, {
			affects: [...new Set(uses.flatMap(({ affects }) => affects))],
		});
	return lacking.map(({ name, affects }) =>
		about('rights', name).missing('the caller does not have it', { affects: [...affects] }),
	);
};

interface Mapper {
	program: 'newuidmap' | 'newgidmap';
	/** Who has it writes maps without the program. */
	capability: string;
	file: string;
	ids: 'subordinateUids' | 'subordinateGids';
	/** Of usermod(8). */
	add: string;
	affects: string[];
}

const mappers: Mapper[] = [
	{
		program: 'newuidmap',
		capability: 'CAP_SETUID',
		file: '/etc/subuid',
		ids: 'subordinateUids',
		add: '--add-subuids',
		affects: ['--uidmap of more than the own uid'],
	},
	{
		program: 'newgidmap',
		capability: 'CAP_SETGID',
		file: '/etc/subgid',
		ids: 'subordinateGids',
		add: '--add-subgids',
		affects: ['--gidmap of more than the own gid'],
	},
];

const mapper =
	({ program, capability, file, ids, add, affects }: Mapper): Check =>
	({ system, caller }) => {
		const { ok, missing } = about('rights', program);
		if (caller.capabilities.includes(capability)) return ok('not needed: the caller may map ids by itself');
		const path = system.programs[program];
		if (!path)
			return missing('the program is not there', { remedies: [asRoot({ caller }, 'apt-get install uidmap')], affects });
		if (caller[ids] > 0) return ok(`${path}, and ${caller[ids]} ids in ${file}`);
		const remedy = asRoot({ caller }, `usermod ${add} 100000-165535 ${caller.name ?? caller.uid}`);
		return missing(`${file} has no ids for uid ${caller.uid}`, { remedies: [remedy], affects });
	};

export const rightsChecks = [who, capabilities, ...mappers.map(mapper)];
