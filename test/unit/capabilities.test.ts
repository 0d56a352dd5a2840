/** Capabilities: names, what is added and dropped, and what can be had. */
import t from 'tap';
import {
	allCapabilities,
	capabilitiesOf,
	capabilityNames,
	capabilitySetsOf,
	defaultCapabilities,
	initCapabilities,
} from '../../controller/plan/capabilities.js';
import { refusal } from '../support/refusal.js';

const sets = (options: object, { base = undefined as string[] | undefined, root = true } = {}) =>
	capabilitySetsOf(options, base, capabilityNames, root);
const ofRoot = (...names: string[]) => ({ bounding: names, effective: names, permitted: names });
const base = ['CAP_CHOWN', 'CAP_KILL'];

t.test('added and dropped', async (t) => {
	for (const [options, names] of [
		[{}, base],
		[{ capAdd: ['NET_ADMIN'] }, ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_ADMIN']],
		[{ capAdd: ['cap_net_admin', 'CAP_KILL'] }, ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_ADMIN']],
		[{ capDrop: ['kill'] }, ['CAP_CHOWN']],
		[{ capDrop: ['SYS_ADMIN'] }, base],
		[{ capDrop: ['ALL'] }, []],
		[{ capDrop: ['all'], capAdd: ['KILL'] }, ['CAP_KILL']],
		[{ capAdd: ['ALL'] }, capabilityNames],
		[{ capAdd: ['ALL'], capDrop: ['CHOWN'] }, capabilityNames.slice(1)],
	] as const)
		t.strictSame(sets(options, { base }), ofRoot(...names), JSON.stringify(options));
	t.equal(sets({}), undefined, 'without a base nothing is said');
	t.strictSame(sets({ capDrop: ['CHOWN'] }), ofRoot(...capabilityNames.slice(1)), 'without a base it is everything');
});

t.test('what is added to a user other than root stays over the exec, and nothing else', async (t) => {
	const kill = ['CAP_KILL'];
	t.strictSame(sets({}, { base, root: false }), { bounding: base });
	t.strictSame(sets({ capAdd: ['KILL'] }, { base, root: false }), {
		bounding: base,
		effective: kill,
		permitted: kill,
		inheritable: kill,
		ambient: kill,
	});
});

t.test('nothing is inheritable unless it was asked for (CVE-2022-29162)', async (t) => {
	for (const options of [{}, { capAdd: ['ALL'] }, { capDrop: ['CHOWN'] }])
		t.notOk(sets(options, { base })?.inheritable, JSON.stringify(options));
	t.strictSame(sets({ capabilities: { inheritable: ['KILL'] } }), { inheritable: ['CAP_KILL'] });
});

t.test('what is no capability is refused by its place', async (t) => {
	for (const [options, where] of [
		[{ capAdd: ['CHOWN', 'FOO'] }, '/capAdd/1'],
		[{ capDrop: [''] }, '/capDrop/0'],
		[{ capAdd: ['CAP_CAP_KILL'] }, '/capAdd/0'],
		[{ capabilities: { ambient: ['ALL'] } }, '/capabilities/ambient/0'],
		[{ capabilities: {}, capAdd: ['KILL'] }, '/capabilities'],
		[{ capAdd: ['KILL'], capDrop: ['CAP_KILL'] }, '/capDrop'],
	] as const)
		t.throws(() => sets(options), refusal(where), JSON.stringify(options));
});

t.test('what cannot be granted is left out, and a note says so', async (t) => {
	const notes: string[] = [];
	const held = allCapabilities & ~(1n << BigInt(capabilityNames.indexOf('CAP_SYS_RESOURCE')));
	t.strictSame(
		initCapabilities({ bounding: ['CAP_KILL', 'CAP_SYS_RESOURCE', 'CAP_FUTURE'], ambient: ['CAP_KILL'] }, held, notes),
		{ bounding: ['CAP_KILL'], ambient: ['CAP_KILL'] },
	);
	t.strictSame(notes, [
		'process.capabilities: the program does not get CAP_SYS_RESOURCE, CAP_FUTURE, which the caller has not got either',
	]);
	t.strictSame(initCapabilities({ effective: [] }, held, notes), { effective: [] });
	t.equal(notes.length, 1);
	t.strictSame(capabilitiesOf(0b101n), ['CAP_CHOWN', 'CAP_DAC_READ_SEARCH']);
	t.strictSame(capabilitiesOf(allCapabilities), capabilityNames);
	t.equal(defaultCapabilities.length, 11);
});
