/** From the second launch on the shims are forked by a starter: nobody may be able to tell. The other side is in ../init. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { findProcess } from '../../controller/host/processes.js';
import { Container, run } from '../../controller/index.js';
import { waitingStarters } from '../../controller/protocol/starter.js';
import { leftoversAfter } from '../support/leftovers.js';
import { shim, top } from '../support/paths.js';

const parentOf = (pid: number) => Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
const starterOf = ({ pid }: Container) => parentOf(parentOf(pid));
const sleeping = (options = {}) => Container.launch(['sleep', '86431'], { stdout: 'ignore', ...options });

t.before(() => run(['true'])); // the first is by itself

t.test('input and output, one after the other and at once, over several starters', async (t) => {
	const one = async (i: number) => {
		const { stdout, stderr, exitCode } = await run(['sh', '-c', `cat; echo error ${i} >&2; exit ${i}`], {
			input: `input ${i}`,
		});
		t.strictSame({ stdout, stderr, exitCode }, { stdout: `input ${i}`, stderr: `error ${i}\n`, exitCode: i });
	};
	for (let i = 0; i < 20; i++) await one(i);
	await Promise.all(Array.from({ length: 50 }, (_, i) => one(i)));
	t.ok(waitingStarters().length > 0);
});

t.test('what was printed can be read later, when the starter is used up and the program has ended', async (t) => {
	const containers = [];
	for (let i = 0; i < 40; i++) containers.push(await Container.launch(['sh', '-c', `echo ${i}; exec sleep 0.1`]));
	for (const container of containers) await container.wait();
	for (const [i, { stdout }] of containers.entries()) t.equal(await text(stdout as NodeJS.ReadableStream), `${i}\n`);
});

t.test('launches of one kind have one starter, and few kinds have one at a time', async (t) => {
	const containers = [await sleeping(), await sleeping(), await sleeping({ stderr: 'ignore' })] as const;
	t.equal(starterOf(containers[0]), starterOf(containers[1]));
	t.not(starterOf(containers[0]), starterOf(containers[2]));
	t.equal(waitingStarters().length, 2);
	const more = [await sleeping({ stdin: 'ignore' }), await sleeping({ stdout: 'inherit' })];
	t.equal(waitingStarters().length, 2);
	for (const container of [...containers, ...more]) await container[Symbol.asyncDispose]();
	t.strictSame(await leftoversAfter('sleep 86431'), []);
});

t.test('a starter that is killed takes no container with it, and the next launch has another', async (t) => {
	await using container = await sleeping();
	const starter = starterOf(container);
	process.kill(starter, 'SIGKILL');
	while (waitingStarters().includes(starter)) await new Promise(setImmediate);
	t.ok(findProcess(container.pid));
	await using next = await sleeping();
	t.not(starterOf(next), starter);
});

t.test('nor is a launch given to one that was killed this very moment', async (t) => {
	for (let i = 0; i < 30; i++) {
		await run(['true']);
		process.kill(waitingStarters().at(-1) as number, 'SIGKILL');
		t.equal((await run(['true'])).exitCode, 0);
	}
});

t.test('an outer that is killed takes its program with it', async (t) => {
	const container = await sleeping();
	process.kill(parentOf(container.pid), 'SIGKILL');
	await t.rejects(container.wait(), { code: 'shim-died', message: /^the shim ended before procExited/ });
	t.equal(container.kill(), false);
	t.strictSame(await leftoversAfter('sleep 86431'), []);
});

t.test('a launch that is aborted, or that fails, is over', async (t) => {
	for (let i = 0; i < 10; i++) {
		const controller = new AbortController();
		const launched = sleeping({ signal: controller.signal }).then((container) => container.wait());
		setTimeout(() => controller.abort(), i / 2);
		await t.rejects(launched, { code: 'aborted' });
		await t.rejects(Container.launch(['no-such-command']), { code: 'command-not-found' });
	}
	t.strictSame(await leftoversAfter('sleep 86431'), []);
});

t.test('what this process changes of itself holds for the next program', async (t) => {
	const seen = async () => (await run(['sh', '-c', 'pwd; umask; nice; id -u; id -G'])).stdout.split('\n').slice(0, -1);
	const before = await seen();
	t.strictSame(before.slice(1), ['0022', String(getPriority()), '0', process.getgroups?.().join(' ')]);
	const [cwd, umask, groups] = [process.cwd(), process.umask(), process.getgroups?.() ?? []];
	process.chdir('/usr');
	process.umask(0o027);
	setPriority(getPriority() + 1);
	process.setgroups?.([...groups, 4242]);
	t.strictSame(await seen(), ['/usr', '0027', String(getPriority()), '0', [...groups, 4242].join(' ')]);
	process.setgroups?.(groups);
	process.umask(umask);
	process.chdir(cwd);
	t.strictSame((await seen()).slice(0, 2), before.slice(0, 2));
});

/** Another process with this script, which has `run` and `Container`. */
function controller(script: string, env: Record<string, string> = {}) {
	const source = `import { Container, run } from ${JSON.stringify(`${top}dist/controller/index.js`)}; ${script}`;
	return spawn(process.execPath, ['--input-type=module', '--eval', source], {
		stdio: ['ignore', 'pipe', 'inherit'],
		env: { ...process.env, ...env },
	});
}

t.test('a starter that cannot be started says why, and a directory that is gone is no reason', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-starter-'));
	const copy = join(directory, 'shim');
	copyFileSync(shim, copy);
	const script = `
		import { mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
		await run(['true']);
		const before = process.cwd();
		mkdirSync('${directory}/gone');
		process.chdir('${directory}/gone');
		rmdirSync('${directory}/gone');
		console.log((await run(['true'], { cwd: '/' })).exitCode);
		process.chdir(before);
		unlinkSync('${copy}');
		await run(['true']).catch(({ code }) => console.log(code));`;
	t.equal(await text(controller(script, { PROCREADY_SHIM: copy }).stdout), '0\nshim-missing\n');
	rmSync(directory, { recursive: true });
});

t.test('nothing keeps a process alive that has launched, nor outlives it', async (t) => {
	const child = controller("for (let i = 0; i < 3; i++) console.log((await run(['echo', String(i)])).stdout.trim());");
	t.equal(await text(child.stdout), '0\n1\n2\n', 'the starter has its stdout no longer');
	t.strictSame([child.exitCode ?? (await once(child, 'exit'))[0]], [0]);
});

t.test('a controller that is killed leaves nothing', async (t) => {
	const child = controller(`for (let i = 0; i < 5; i++) {
		const { pid } = await Container.launch(['sleep', '86432'], { limits: { pids: 1 } });
		console.log(pid);
	}`);
	let printed = '';
	for await (const chunk of child.stdout) {
		printed += chunk;
		if (printed.split('\n').length > 5) break;
	}
	child.kill('SIGKILL');
	t.strictSame(await leftoversAfter('sleep 86432'), []);
});
