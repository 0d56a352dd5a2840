/** Processes by their pids: in a /proc of the test's own, of which some are hidden as proc(5) does with hidepid. */
import t from 'tap';
import { machine, replace } from '../../controller/host/machine.js';
import {
	allProcesses,
	exists,
	findProcess,
	isDoomed,
	isRunning,
	startTimeOf,
	unknownStart,
	withDescendants,
} from '../../controller/host/processes.js';

const real = { ...machine };

/** A line of proc_pid_stat(5). */
const stat = (pid: number, { parent = 1, session = pid, start = 100 + pid, flags = 0 } = {}) =>
	`${pid} (a) b) S ${parent} 0 ${session} 0 0 ${flags} ${'0 '.repeat(12)}${start} ${'0 '.repeat(30)}0`;

/** `texts` by the pids; an errno is thrown. */
function having(texts: Record<number, string>): Disposable {
	return replace({
		list: (directory) => (directory === '/proc' ? ['self', ...Object.keys(texts)] : real.list(directory)),
		readText(path) {
			const text = texts[Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1])] ?? 'ENOENT';
			if (/^E[A-Z]+$/.test(text)) throw Object.assign(new Error(text), { code: text });
			return text;
		},
	});
}

t.test('one that is there, one that is gone, and one that has its number by now', async (t) => {
	using _ = having({ 7: stat(7), 8: stat(8, { flags: 4 }) });
	t.match(findProcess(7), { pid: 7, parent: 1, session: 7, startTime: 107, hasEnded: false });
	t.equal(findProcess(9), undefined);
	t.ok(exists({ pid: 7, startTime: 107 }) && isRunning({ pid: 7, startTime: 107 }));
	t.notOk(exists({ pid: 7, startTime: 106 }) || isRunning({ pid: 7, startTime: 106 }));
	t.notOk(exists({ pid: 9, startTime: 109 }) || isRunning({ pid: 9, startTime: 109 }));
	t.ok(exists({ pid: 8, startTime: 108 }));
	t.notOk(isRunning({ pid: 8, startTime: 108 }), 'it is on its way out');
	t.equal(startTimeOf({ pid: 9, startTime: unknownStart }), unknownStart);
});

for (const errno of ['EACCES', 'EPERM'])
	t.test(`one that is hidden is not taken for one that has ended: ${errno}`, async (t) => {
		using _ = having({ 7: errno, 8: stat(8) });
		t.equal(findProcess(7), undefined);
		t.match(allProcesses(), [{ pid: 8 }]);
		for (const startTime of [107, unknownStart])
			t.ok(exists({ pid: 7, startTime }) && isRunning({ pid: 7, startTime }));
		t.equal(startTimeOf({ pid: 7, startTime: 107 }), 107);
		t.throws(() => startTimeOf({ pid: 7, startTime: unknownStart }), { code: 'setup-failed', errno });
		t.ok(isRunning({ pid: 8, startTime: unknownStart }), 'one that was hidden when it was launched');
		t.equal(startTimeOf({ pid: 8, startTime: unknownStart }), 108);
	});

t.test('who will be killed, is ending, is dead or is gone is doomed', async (t) => {
	const look = (state: string, pending: string, text: string) => {
		using _ = having({ 7: text });
		const stats = machine.readText;
		using __ = replace({
			readText: (path) => (path === '/proc/7/status' ? `State:\t${state} (x)\nSigPnd:\t${pending}\n` : stats(path)),
		});
		return isDoomed(7);
	};
	const [none, kill, term] = ['0000000000000000', '0000000000000100', '0000000000004000'];
	t.notOk(look('S', none, stat(7)));
	t.notOk(look('R', term, stat(7)));
	t.notOk(look('S', none, 'EACCES'), 'one that is hidden');
	t.ok(look('R', kill, stat(7)));
	t.ok(look('R', none, stat(7, { flags: 4 })), 'of one that is ending nothing is pending any more');
	t.ok(look('Z', none, stat(7, { flags: 4 })));
	t.ok(look('R', none, 'ENOENT'));
});

t.test('whatever else goes wrong is an error', async (t) => {
	using _ = having({ 7: 'EIO' });
	const refused = { code: 'setup-failed', errno: 'EIO', message: /^cannot read \/proc\/7\/stat: / };
	t.throws(() => findProcess(7), refused);
	t.throws(() => isRunning({ pid: 7, startTime: 107 }), refused);
});

t.test('those that descend from processes, in whatever order they are listed', async (t) => {
	using _ = having({
		3: stat(3, { parent: 9 }),
		5: stat(5, { parent: 3 }),
		6: stat(6, { parent: 1 }),
		9: stat(9),
		10: stat(10, { parent: 1, session: 9 }),
		11: stat(11, { parent: 10 }),
	});
	t.strictSame([...withDescendants([9], () => false)].sort(), [3, 5, 9]);
	t.strictSame([...withDescendants([9], ({ session }) => session === 9)].sort(), [10, 11, 3, 5, 9]);
	t.strictSame([...withDescendants([], () => false)], []);
});
