/** What people type who come from docker, systemd-run, ulimit, Kubernetes or hyperfine gets what the table says. */
import t from 'tap';
import { firstLines } from '../../controller/build/first-lines.js';
import { page } from '../../controller/cli/run.js';
import { parse } from '../../controller/flags/arguments.js';
import { optionsOf } from '../../controller/flags/options.js';
import type { Flags } from '../../controller/model/flag.js';
import { specOf } from '../../controller/plan/specify.js';
import { procready } from '../support/cli.js';

const flags: Flags = Object.assign({}, ...Object.values(page.topics));
const lines = Object.values(firstLines).flat();

/** All that decides what is run. */
function meant(typed: string) {
	const [subcommand, ...argv] = typed.split(' ');
	const { values, command } = parse(argv, flags, 'run');
	return { subcommand, interactive: values.interactive, spec: specOf(command, optionsOf(values)) };
}

t.jobs = 4;

t.test('each line once, and enough of them', async (t) => {
	t.equal(new Set(lines.map(({ typed }) => typed)).size, lines.length);
	t.ok(lines.length >= 60);
	for (const { typed, same, says, prints } of lines)
		t.equal([same, says, prints].filter((one) => one !== undefined).length, 1, typed);
});

for (const { typed, same, says, prints } of lines)
	t.test(typed, async (t) => {
		if (same !== undefined) return void t.strictSame(meant(typed), meant(same));
		const { status, stdout, stderr } = await procready(typed.split(' '));
		if (says !== undefined)
			t.strictSame({ status, stdout, stderr }, { status: 125, stdout: '', stderr: `procready: ${says}\n` });
		else {
			t.strictSame({ status, stderr }, { status: 0, stderr: '' });
			t.ok(stdout.startsWith(prints as string), stdout);
		}
	});
