/** What the controller makes of bytes that no shim of ours would send. */
import { Duplex } from 'node:stream';
import t from 'tap';
import { openChannel } from '../../controller/protocol/framing.js';

function channelOf(...chunks: (string | null)[]) {
	const socket = new Duplex({ allowHalfOpen: false, read() {}, write: (_chunk, _encoding, done) => done() });
	for (const chunk of chunks) socket.push(chunk);
	return openChannel(socket);
}

const ready = '{"type":"procReady","time":1}\n';
const violated = { code: 'protocol-violated' };

t.test('messages, whole and in pieces', async (t) => {
	const channel = channelOf(ready.slice(0, 5), ready.slice(5) + ready, ready, null);
	for (let i = 0; i < 3; i++) t.strictSame(await channel.next(), { type: 'procReady', time: 1 });
	t.equal(await channel.next(), undefined);
	t.equal(await channel.next(), undefined, 'the end stays the end');
});

t.test('what is no message', async (t) => {
	for (const line of [
		'nonsense',
		'{"type":"procReady"}',
		'{"type":"procReady","time":-1}',
		'{"type":"procReady","time":1,"more":true}',
		'{"type":"procUnknown","time":1}',
		'{"type":"procExited","time":1,"code":0}',
		'[]',
		'1',
	])
		await t.rejects(channelOf(`${line}\n`).next(), violated, line);
});

t.test('a line "null" is an end, as ndjson has it', async (t) => {
	t.equal(await channelOf('null\n').next(), undefined);
});

t.test('a line without end is no message', async (t) => {
	await t.rejects(channelOf('{"type":"procRea', null).next(), violated);
});
