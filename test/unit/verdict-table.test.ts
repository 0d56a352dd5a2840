/** The table of controller/report/README.md has each limit that can be set, and says named of those that are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { limits } from '../../controller/model/limits.js';
import { ownLimits } from '../../controller/model/own-limits.js';
import { rlimitTypes } from '../../controller/plan/rlimits.js';
import { namedLimits } from '../../controller/report/named.js';
import { top } from '../support/paths.js';

const report = join(top, 'controller/report');
const rows = readFileSync(join(report, 'README.md'), 'utf8')
	.split('\n')
	.filter((line) => line.startsWith('| `'))
	.map((line) => line.split('|').map((cell) => cell.trim()))
	.flatMap(([, names = '', named = '', shown = '']) =>
		[...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ name, named, shown })),
	);

/** Those that are no file of a cgroup and no limit of a process. */
const others = [
	'devices',
	'link.rate',
	'link.delay',
	'link.jitter',
	'link.loss',
	'timeout',
	'forks',
	'seccomp',
	'tmpfs',
];

t.test('each limit has one row, which says what shows a hit', async (t) => {
	const all = [...[...limits, ...ownLimits].map(({ name }) => name), ...rlimitTypes, ...others];
	t.strictSame(rows.map(({ name }) => name).sort(), all.sort());
	for (const { name, named, shown } of rows) {
		t.match(named, /^(no$|when )/, name);
		t.ok(shown.length > 5, name);
	}
});

t.test('what is named is in the code of the verdict, and nothing else', async (t) => {
	const code = readdirSync(report)
		.filter((file) => file.endsWith('.ts'))
		.map((file) => readFileSync(join(report, file), 'utf8'))
		.join('\n');
	const causes = [...code.matchAll(/limit: (?:level === 'host' \? 'memory' : )?'([\w.]+)'/g)].map(([, name]) => name);
	const plain = ['hugetlb.*.max', 'hugetlb.*.rsvd.max', 'misc.max']; // whatever plain-hits.ts has counted
	const caused = new Set([...causes, 'seccomp', ...plain]);
	for (const { name, named } of rows) t.equal(caused.has(name), named !== 'no', name);
});

t.test('the table of the code has those names', async (t) => {
	const named = rows.filter(({ named }) => named !== 'no').map(({ name }) => name);
	t.strictSame([...namedLimits].sort(), [...named, 'memory'].sort(), 'and the memory of the host');
});
