/** Profiles: what is refused, and the text for the compiler. */
import t from 'tap';
import { parseJson } from '../../controller/model/json.js';
import { checkProfile } from '../../controller/plan/check-seccomp.js';
import { profileText } from '../../controller/seccomp/text.js';

t.test('a profile that is wrong is refused with a pointer', async (t) => {
	const condition = { index: 1, value: 1, op: 'SCMP_CMP_EQ' };
	const args = (...args: object[]) => ({
		defaultAction: 'SCMP_ACT_ALLOW',
		syscalls: [{ names: ['ioctl'], action: 'SCMP_ACT_LOG', args }],
	});
	for (const [profile, where, message] of [
		[null, '', /must be an object/],
		[{}, '/defaultAction', /is missing/],
		[{ defaultAction: 'SCMP_ACT_DENY' }, '/defaultAction', /must be one of SCMP_ACT_KILL, /],
		[{ defaultAction: 'SCMP_ACT_ALLOW', archMap: [] }, '/archMap', /is not known/],
		[{ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['x86'] }, '/architectures/0', /must be one of SCMP_ARCH_X86, /],
		[{ defaultAction: 'SCMP_ACT_ALLOW', flags: ['LOG'] }, '/flags/0', /must be one of SECCOMP_FILTER_FLAG_TSYNC, /],
		[{ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['a'] }] }, '/syscalls/0/action', /is missing/],
		[
			{ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [], action: 'SCMP_ACT_LOG' }] },
			'/syscalls/0/names',
			/must not be empty/,
		],
		[
			{ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['a b'], action: 'SCMP_ACT_LOG' }] },
			'/syscalls/0/names/0',
			/must be letters, digits and underscores/,
		],
		[args({ ...condition, index: 6 }), '/syscalls/0/args/0/index', /must be at most 5/],
		[args(condition, { ...condition, op: '=' }), '/syscalls/0/args/1/op', /must be one of SCMP_CMP_NE, /],
		[args({ ...condition, value: -1 }), '/syscalls/0/args/0/value', /must be at least 0/],
		[args({ ...condition, value: 2 ** 53 }), '/syscalls/0/args/0/value', /must be at most 9007199254740991/],
		[
			args({ ...condition, value: '0x10' }),
			'/syscalls/0/args/0/value',
			/must be a decimal number of at most 20 digits/,
		],
		[args({ ...condition, value: `${2n ** 64n}` }), '/syscalls/0/args/0/value', /is not a number from 0 to 2\^64 - 1/],
		[
			args({ ...condition, valueTwo: `${2n ** 64n}` }),
			'/syscalls/0/args/0/valueTwo',
			/is not a number from 0 to 2\^64/,
		],
	] as const)
		t.throws(() => checkProfile(profile), { code: 'option-invalid', where: `/linux/seccomp${where}`, message }, where);
});

t.test('an errno where no action returns it is refused, as the specification wants', async (t) => {
	const message = /is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not for SCMP_ACT_(ALLOW|KILL)$/;
	for (const [profile, where] of [
		[{ defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }, '/defaultErrnoRet'],
		[
			{ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['read'], action: 'SCMP_ACT_KILL', errnoRet: 1 }] },
			'/syscalls/0/errnoRet',
		],
	] as const)
		t.throws(() => checkProfile(profile, '/seccomp'), { where: `/seccomp${where}`, message });
	for (const action of ['SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE'])
		t.doesNotThrow(() => checkProfile({ defaultAction: action, defaultErrnoRet: 38 }), action);
});

t.test('what needs a listener is refused with a sentence', async (t) => {
	for (const [member, where] of [
		[{ defaultAction: 'SCMP_ACT_NOTIFY' }, '/defaultAction'],
		[{ syscalls: [{ names: ['read'], action: 'SCMP_ACT_NOTIFY' }] }, '/syscalls/0/action'],
		[{ flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] }, '/flags/1'],
		[{ listenerPath: '/run/agent' }, '/listenerPath'],
		[{ listenerMetadata: 'x' }, '/listenerMetadata'],
	] as const)
		t.throws(() => checkProfile({ defaultAction: 'SCMP_ACT_ALLOW', ...member }), {
			code: 'option-invalid',
			where: `/linux/seccomp${where}`,
			message: /procready has none: let SCMP_ACT_ERRNO refuse the call/,
		});
});

t.test('the text for the compiler has a line for each rule, and a pointer for each line', async (t) => {
	const { text, pointers } = profileText({
		defaultAction: 'SCMP_ACT_ERRNO',
		architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_MIPSEL64N32'],
		syscalls: [
			{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW', args: [] },
			{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
			{ names: ['rmdir'], action: 'SCMP_ACT_TRACE' },
			{ names: ['reboot'], action: 'SCMP_ACT_KILL' },
			{
				names: ['clone'],
				action: 'SCMP_ACT_ALLOW',
				args: [
					{ index: 0, value: 2114060288, op: 'SCMP_CMP_MASKED_EQ' },
					{ index: 1, value: '18446744073709551615', valueTwo: 7, op: 'SCMP_CMP_NE' },
				],
			},
		],
	});
	const lines = [
		['default SCMP_ACT_ERRNO 1', '/defaultAction'],
		['architecture x86_64', '/architectures/0'],
		['architecture mipsel64n32', '/architectures/1'],
		['rule SCMP_ACT_ALLOW read', '/syscalls/0/names/0'],
		['rule SCMP_ACT_ALLOW write', '/syscalls/0/names/1'],
		['rule SCMP_ACT_ERRNO 38 mkdir', '/syscalls/1/names/0'],
		['rule SCMP_ACT_TRACE 1 rmdir', '/syscalls/2/names/0'],
		['rule SCMP_ACT_KILL_THREAD reboot', '/syscalls/3/names/0'],
		[
			'rule SCMP_ACT_ALLOW clone 0 SCMP_CMP_MASKED_EQ 2114060288 0 1 SCMP_CMP_NE 18446744073709551615 0',
			'/syscalls/4/names/0',
		],
	];
	t.strictSame(text.split('\n'), [...lines.map(([line]) => line), '']);
	t.strictSame(
		pointers,
		lines.map(([, pointer]) => pointer),
	);
});

t.test('a rule that says what the default says is left out', async (t) => {
	const profile = (errnoRet: number) =>
		profileText({
			defaultAction: 'SCMP_ACT_ERRNO',
			defaultErrnoRet: 38,
			syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet }],
		});
	t.equal(profile(38).text, 'default SCMP_ACT_ERRNO 38\n');
	t.match(profile(1).text, 'rule SCMP_ACT_ERRNO 1 read');
});

t.test('JSON with 64 bits', async (t) => {
	const widest = '18446744073709551615';
	const text = `{"args": [{"value": ${widest}, "valueTwo":9007199254740993 }, {"value" : 9007199254740991}],
		"soft": ${widest}, "note": "\\"value\\": ${widest},"}`;
	t.strictSame(parseJson(text), {
		args: [{ value: widest, valueTwo: '9007199254740993' }, { value: 9007199254740991 }],
		soft: Number(widest),
		note: `"value": ${widest},`,
	});
	t.throws(() => parseJson('{'), SyntaxError);
});
