/** When there are colours, and what of the report of a run has which. */
import t from 'tap';
import { colours, painter, wantsColours } from '../../controller/report/colours.js';

t.test('a terminal has colours, unless the environment says no; the environment can say yes elsewhere', async (t) => {
	for (const [isTerminal, env, wanted] of [
		[true, {}, true],
		[true, { TERM: 'xterm' }, true],
		[true, { TERM: 'dumb' }, false],
		[true, { NO_COLOR: '' }, true],
		[true, { NO_COLOR: '0' }, false],
		[true, { NO_COLOR: '1' }, false],
		[true, { FORCE_COLOR: '0' }, false],
		[true, { FORCE_COLOR: 'false' }, false],
		[true, { FORCE_COLOR: '1', TERM: 'dumb' }, true],
		[true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
		[false, {}, false],
		[false, { TERM: 'xterm' }, false],
		[false, { NO_COLOR: '' }, false],
		[false, { FORCE_COLOR: '' }, false],
		[false, { FORCE_COLOR: '1' }, true],
		[false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
	] as [boolean, Record<string, string>, boolean][])
		t.equal(wantsColours(isTerminal, env), wanted, `${isTerminal} ${JSON.stringify(env)}`);
});

t.test('what is painted ends its colour, and nothing is painted where there are none', async (t) => {
	t.equal(painter(true)('a', colours.red), '\x1b[31ma\x1b[0m');
	t.equal(painter(true)('', colours.red), '');
	t.equal(painter(false)('a', colours.red), 'a');
});
