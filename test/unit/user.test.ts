/** Who a program runs as: digits are a number, anything else a name or refused. */
import t from 'tap';
import { initUser, isRoot, userOf } from '../../controller/plan/user.js';
import { refusal } from '../support/refusal.js';

const ids = (user: string) => {
	const { numbers, names: { variables, ...names } = {} } = userOf({ user });
	t.equal(variables, true);
	return { ...numbers, ...names };
};

t.test('numbers are numbers, and names are names (CVE-2016-3697, CVE-2026-30892)', async (t) => {
	for (const [given, expected] of [
		['0', { uid: 0 }],
		['1', { uid: 1 }],
		['1:2', { uid: 1, gid: 2 }],
		['4294967294', { uid: 4_294_967_294 }],
		['name', { name: 'name' }],
		['name:group', { name: 'name', group: 'group' }],
		['name:7', { name: 'name', gid: 7 }],
		['7:group', { uid: 7, group: 'group' }],
		['_apt', { name: '_apt' }],
		['systemd-network', { name: 'systemd-network' }],
		['jörg.o', { name: 'jörg.o' }],
		['DOMAIN\\user$', { name: 'DOMAIN\\user$' }],
	] as const)
		t.strictSame(ids(given), expected, given);
});

t.test('what is neither is refused, and so is half of it (CVE-2026-30892)', async (t) => {
	for (const given of [
		...[':2', '1:', '+1', '-1', '4294967295', '1x', '0x1', '1e3', '1.0', '01', ' 1', '1 ', '1\n', '١', '', ':'],
		...['1:2:3', '1:+2', '1:2x', '1:-1', '1: 2', 'name:', ':group', '-name', '.name', 'a b', 'a,b', 'a/b', 'a\0', '\0'],
	])
		t.throws(() => userOf({ user: given }), refusal('/user'), JSON.stringify(given));
});

t.test('additional groups and the umask', async (t) => {
	t.strictSame(userOf({ groups: [5, '6', 'staff'] }), {
		numbers: { additionalGids: [5, 6] },
		names: { additionalGroups: ['staff'] },
	});
	for (const group of [-1, 4_294_967_295, '+1', '', '1x'])
		t.throws(() => userOf({ groups: [0, group] }), refusal('/groups/1'), String(group));
	for (const [given, umask] of [
		['022', 0o22],
		['0077', 0o77],
		['0', 0],
		[0o777, 0o777],
	] as const)
		t.strictSame(userOf({ umask: given }), { numbers: { umask } });
	for (const umask of ['9', '', '-1', '1000', 0o1000, -1, 0.5, '0o22'])
		t.throws(() => userOf({ umask }), refusal('/umask'), String(umask));
	t.strictSame(userOf({}), {});
	t.strictSame(userOf({}, { user: '0' }), { numbers: { uid: 0 } }, 'variables of the user only where one is asked for');
});

t.test('the shim gets a number or a name, never both', async (t) => {
	t.strictSame(initUser({ uid: 1, umask: 0, additionalGids: [2] }, { group: 'g', additionalGroups: ['h'] }), {
		uid: 1,
		additionalGids: [2],
		group: 'g',
		additionalGroups: ['h'],
	});
	t.equal(initUser({ umask: 0 }), undefined, 'a umask is nobody');
	t.equal(initUser(), undefined);
	t.throws(() => initUser({ uid: 0 }, { name: 'a' }), refusal('/procready/user/name'));
	t.throws(() => initUser({ gid: 0 }, { group: 'a' }), refusal('/procready/user/group'));
});

t.test('who is root', async (t) => {
	t.ok(isRoot(undefined, undefined));
	t.ok(isRoot({ uid: 0 }, undefined));
	t.ok(isRoot({}, { name: 'root' }));
	t.notOk(isRoot({ uid: 1 }, undefined));
	t.notOk(isRoot({}, { name: 'toor' }), 'a name that is not known is nobody special');
});
