/** When a signal that the command line gets ends the launch, and when it is for the program. */
import { channel } from 'node:diagnostics_channel';
import t from 'tap';
import { catchSignals } from '../../controller/cli/signals.js';

const announced = (type: string) => channel('procready:message').publish({ message: { type }, time: 0n });

/** A program that is told signals. */
function listener() {
	const told: string[] = [];
	return { pid: 0, kill: (signal: string) => told.push(signal) > 0, told };
}

t.test('before the program may have begun the first one ends the launch', (t) => {
	using signals = catchSignals();
	announced('procCreate');
	process.emit('SIGUSR1', 'SIGUSR1');
	t.notOk(signals.abort.aborted, 'this one is to end nothing');
	process.emit('SIGTERM', 'SIGTERM');
	t.ok(signals.abort.aborted);
	t.equal(signals.received, 'SIGTERM');
	t.end();
});

t.test('once the shim was told to run it, the program gets them, also those that came before that was known', (t) => {
	using signals = catchSignals();
	announced('procRun');
	process.emit('SIGTERM', 'SIGTERM');
	t.notOk(signals.abort.aborted);
	const program = listener();
	signals.forwardTo(program);
	t.strictSame(program.told, ['SIGTERM']);
	process.emit('SIGHUP', 'SIGHUP');
	t.strictSame(program.told, ['SIGTERM', 'SIGHUP']);
	t.end();
});

t.test('who insists is not kept waiting for a program that does not come', (t) => {
	using signals = catchSignals();
	announced('procRun');
	for (let times = 0; times < 2; times++) process.emit('SIGINT', 'SIGINT');
	t.notOk(signals.abort.aborted);
	process.emit('SIGINT', 'SIGINT');
	t.ok(signals.abort.aborted);
	t.end();
});
