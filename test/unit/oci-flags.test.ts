/** The flags of the OCI runtime: which of runc's are refused, and that the help says no more than is done. */
import t from 'tap';
import { checkFlags, commandFlags, globalFlags, parseCommand } from '../../controller/oci/flags.js';
import { refusal } from '../support/refusal.js';

t.test('what runc has and this runtime has not is refused by its name, and the help says so', async (t) => {
	const making = [['no-pivot'], ['pidfd-socket', '/s']];
	const rows = {
		create: making,
		run: [...making, ['keep']],
		exec: [
			['pidfd-socket', '/s'],
			['cgroup', '/a'],
			['apparmor', 'x'],
			['process-label', 'x'],
		],
	};
	for (const [command, flags] of Object.entries(rows) as [keyof typeof rows, string[][]][])
		for (const [name = '', ...value] of flags) {
			const { values } = parseCommand(command, [`--${name}`, ...value, 'id']);
			t.throws(
				() => checkFlags(values),
				refusal(`--${name}`, new RegExp(`^--${name}: .+: .+`)),
				`${command} --${name}`,
			);
			const { help = '' } = (commandFlags[command] as Record<string, { help?: string }>)[name] ?? {};
			t.match(help, /^refused: /, `${command} --${name}`);
		}
	t.throws(() => checkFlags({ 'systemd-cgroup': true }), refusal('--systemd-cgroup', /cgroupfs/));
	t.match(globalFlags['systemd-cgroup'].help, /^refused: /);
});

t.test('flags that are done are not refused', async (t) => {
	for (const flag of ['--no-new-keyring', '--detach', '--bundle=/b'])
		t.doesNotThrow(() => checkFlags(parseCommand('run', [flag, 'id']).values), flag);
});
