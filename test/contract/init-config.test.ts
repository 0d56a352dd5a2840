/** Every init config gets the same verdict, with the same pointer, from the schema and from the shim. */
import t from 'tap';
import { bad } from '../fixtures/init-config/bad.js';
import { base } from '../fixtures/init-config/base.js';
import { good } from '../fixtures/init-config/good.js';
import { runThrough, schemaVerdict, shimVerdict, speak } from './readers.js';

t.test('bad', async (t) => {
	t.equal(new Set(bad.map(({ name }) => name)).size, bad.length, 'the names differ');
	for (const { name, text, pointer, shim, onlyShim } of bad) {
		t.strictSame(schemaVerdict(text), onlyShim ? 'accepted' : { refused: pointer }, `${name}: schema`);
		t.strictSame(await shimVerdict(text), { refused: shim ? shim.pointer : pointer }, `${name}: shim`);
	}
});

t.test('good', async (t) => {
	t.equal(new Set(good.map(({ name }) => name)).size, good.length, 'the names differ');
	for (const { name, text, prints } of good) {
		t.equal(schemaVerdict(text), 'accepted', `${name}: schema`);
		t.equal(await shimVerdict(text), 'accepted', `${name}: shim`);
		if (prints === undefined) continue;
		const run = await runThrough(text);
		t.match(run.messages.at(-1), { type: 'procExited', code: 0 }, `${name}: program`);
		t.equal(run.stdout.toString(), prints, `${name}: what the program gets`);
	}
});

t.test('what follows the line is the next message', async (t) => {
	for (const next of [
		'',
		'{}',
		'{"type":"procRun"}',
		'{"type":"procCreate","pid":1}',
		base,
		'null',
		'{"type":"procCreate"}}',
	]) {
		const { messages, status } = await speak(Buffer.from(`${base}\n${next}`), () => {});
		t.match(messages, [{ type: 'procError', step: 'wait-create', errno: 0 }], next.slice(0, 40));
		t.equal(status, 125);
	}
});

t.test('the end of the channel is never a config', async (t) => {
	for (const text of ['', base.slice(0, 20), base]) {
		const { messages, status } = await speak(Buffer.from(text), (_, channel) => channel.end(), '');
		t.match(messages, [{ type: 'procError', step: 'config', message: /closed the channel before the config/ }]);
		t.equal(status, 125);
	}
});
