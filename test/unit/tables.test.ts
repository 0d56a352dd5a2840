/** What is written down here because the layers below cli/ may not ask Node for it: Node has to say the same. */
import { isIP } from 'node:net';
import { constants } from 'node:os';
import { posix } from 'node:path';
import t from 'tap';
import { parseAddress } from '../../controller/model/address.js';
import { hexadecimal, utf8Length } from '../../controller/model/bytes.js';
import { errnoName, signalName, signalNumber, signalNumbers } from '../../controller/model/numbers.js';
import { basename, dirname, join, normalize, partsBelow, resolve } from '../../controller/model/path.js';

t.test('signals and errors', async (t) => {
	t.match(signalNumbers, constants.signals);
	t.equal(Object.keys(signalNumbers).length, Object.keys(constants.signals).length);
	for (const [name, number] of Object.entries(constants.signals)) {
		t.equal(signalNumber(name), number, name);
		t.equal(constants.signals[signalName(number) as NodeJS.Signals], number, name);
	}
	t.strictSame(
		[signalName(6), signalName(29), signalName(36), signalNumber('SIGRTMIN+2')],
		['SIGABRT', 'SIGIO', 'SIGRTMIN+2', 36],
	);
	const second = ['EWOULDBLOCK', 'EOPNOTSUPP'];
	for (const [name, number] of Object.entries(constants.errno))
		if (!second.includes(name)) t.equal(errnoName(number), name);
	t.equal(errnoName(0), undefined);
	t.equal(errnoName(58), undefined);
});

const paths = [
	...[
		'',
		'.',
		'./',
		'..',
		'../',
		'/',
		'//',
		'/.',
		'/..',
		'a',
		'a/',
		'a//b',
		'a/./b/',
		'a/../b',
		'../../a',
		'a/../../b',
	],
	...[
		'/a',
		'/a/',
		'/a//b/',
		'/a/../..',
		'/a/./b/../c/',
		'/../a',
		'a.b',
		'/x/a.b',
		'...',
		'/a/...b/..',
		'//a',
		'a/..',
		'./a/..',
	],
];

t.test('paths', async (t) => {
	for (const path of paths) {
		t.equal(normalize(path), posix.normalize(path), `normalize ${path}`);
		t.equal(dirname(normalize(path)), posix.dirname(posix.normalize(path)), `dirname ${path}`);
		t.equal(basename(path), posix.basename(path), `basename ${path}`);
		if (!path.endsWith('/')) t.equal(basename(path, '.b'), posix.basename(path, '.b'), `basename ${path} .b`);
		t.equal(resolve('/x/y', path), posix.resolve('/x/y', path), `resolve ${path}`);
		for (const other of paths) {
			t.equal(join(path, other), posix.join(path, other), `join ${path} ${other}`);
			const [from, to] = [posix.resolve('/', path), posix.resolve('/', other)];
			t.equal(partsBelow(from, to).join('/'), posix.relative(from, to), `relative ${from} ${to}`);
		}
	}
});

t.test('addresses', async (t) => {
	const texts = [
		...['1.2.3.4', '255.255.255.255', '256.1.1.1', '01.2.3.4', '1.2.3', '1.2.3.4.', '1.2.3.4.5', ' 1.2.3.4', ''],
		...[
			'::',
			'::1',
			'1::',
			':::',
			'1::2::3',
			'1:2:3:4:5:6:7:8',
			'1:2:3:4:5:6:7',
			'1:2:3:4:5:6:7::',
			'1:2:3:4:5:6:7:8::',
		],
		...[
			'::ffff:1.2.3.4',
			'::1.2.3.4',
			'1:2:3:4:5:6:1.2.3.4',
			'1:2:3:4:5:6:7:1.2.3.4',
			'::1.2.3.256',
			'1.2.3.4::',
			'12345::',
		],
		...['g::', 'FE80::1', ':1', '1:', '1:2', '::1.2', '1.2.3.4:5::', '0::0'],
	];
	for (const text of texts) t.equal(parseAddress(text)?.family ?? 0, isIP(text), JSON.stringify(text));
	t.equal(parseAddress('fe80::1%eth0'), undefined, 'no zones');
});

t.test('bytes', async (t) => {
	for (const text of ['', 'a', 'ä', '€', '😀', 'aä€😀']) t.equal(utf8Length(text), Buffer.byteLength(text), text);
	t.equal(hexadecimal(Uint8Array.of(0, 10, 255)), '000aff');
});
