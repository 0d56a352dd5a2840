/** What fails becomes one class of error, with a sentence; and what has to be done in any case is done. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import t from 'tap';
import { notRunning, type ProcreadyError, reasonOf, unexpected, withOwnErrors } from '../../controller/errors.js';
import { errnoText } from '../../controller/host/errno.js';
import { allInTurn } from '../../controller/model/in-turn.js';

function thrown(act: () => unknown): unknown {
	try {
		return act();
	} catch (error) {
		return error;
	}
}

t.test('a call of the kernel that fails', async (t) => {
	const cause = thrown(() => readFileSync('/nonexistent'));
	t.match(unexpected(cause), {
		code: 'setup-failed',
		errno: 'ENOENT',
		message: 'open /nonexistent: ENOENT: it is not there, or the directory above it is not',
		cause,
	});
	t.equal(reasonOf(Object.assign(new Error('ENOTTY: no terminal'), { code: 'ENOTTY' })), 'ENOTTY: no terminal');
});

t.test('a fault of our own is said to be one, with its place, in one line', async (t) => {
	const fault = thrown(() => (undefined as unknown as { x(): void }).x());
	t.match(
		unexpected(fault).message,
		/^a fault of procready itself: TypeError: Cannot read .*, at .*errors\.test\.js:\d+/,
	);
	t.match(unexpected('text').message, /^a fault of procready itself: text$/);
});

t.test('what is a ProcreadyError stays the same', async (t) => {
	const error = notRunning('x');
	t.equal(unexpected(error), error);
	t.equal(reasonOf(error), error.message);
	await t.rejects(
		withOwnErrors(async () => JSON.parse('{')),
		{ code: 'setup-failed', cause: SyntaxError } as unknown as ProcreadyError,
	);
	t.equal(await withOwnErrors(async () => 1), 1);
});

t.test('all steps are done, and what failed first is said', async (t) => {
	const done: number[] = [];
	const step =
		(number: number, fails = false) =>
		async () => {
			done.push(number);
			if (fails) throw new Error(String(number));
		};
	await t.rejects(allInTurn(step(1), step(2, true), step(3), step(4, true), step(5)), { message: '2' });
	t.strictSame(done, [1, 2, 3, 4, 5]);
	await allInTurn(step(6), () => done.push(7));
	t.strictSame(done.slice(5), [6, 7]);
});

t.test('each errno that there is has words, and stays there to be looked up', async (t) => {
	t.equal(errnoText('EACCES'), 'permission denied (EACCES)');
	t.equal(errnoText('EDQUOT'), 'disk quota exceeded (EDQUOT)');
	t.equal(errnoText('ENONE'), 'ENONE');
	t.equal(errnoText(undefined), 'unknown error');
	for (const name of Object.keys(constants.errno))
		t.match(errnoText(name), new RegExp(`^[a-z].* \\(${name}\\)$`), name);
});
