/** Attacks by a root file system or a volume on who launches it: each is named after where it once worked. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { InitConfig, InitMount } from '../../controller/model/init-config.js';
import { type Inside, makeInside, proc } from '../support/inside.js';
import { racer } from '../support/paths.js';

const launches = 200;
const mountsBefore = readFileSync('/proc/self/mountinfo', 'utf8');
const corePattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');

/** A root file system, and a directory of the host that no attack may change. */
function scene(t: Test): { inside: Inside; victim: string } {
	const inside = makeInside();
	const victim = mkdtempSync(join(tmpdir(), 'procready-victim-'));
	writeFileSync(`${victim}/ptmx`, 'of the host');
	t.teardown(() => {
		rmSync(victim, { recursive: true });
		inside.remove();
	});
	return { inside, victim };
}

function unharmed(t: Test, victim: string): void {
	t.strictSame(readdirSync(victim), ['ptmx'], 'nothing new on the host, and nothing is missing');
	t.equal(readFileSync(`${victim}/ptmx`, 'utf8'), 'of the host');
	t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), mountsBefore, 'nothing is mounted there');
}

/** What a script prints, or the error that the launch ends with. */
async function outcome(inside: Inside, script: string, changes: Partial<InitConfig>): Promise<string> {
	return inside.sh(script, changes).catch((error: Error) => error.message);
}

/** Exchanges two names all the time; what it gives back ends it. */
function race(one: string, other: string): () => Promise<void> {
	const child = spawn(racer, [one, other], { stdio: ['ignore', 'ignore', 'inherit'] });
	return async () => {
		const running = child.exitCode === null;
		child.kill('SIGKILL');
		if (running) await once(child, 'exit');
		else throw new Error('the racer ended');
	};
}

t.test('CVE-2019-16884: nothing but a proc is mounted at /proc', async (t) => {
	const { inside } = scene(t);
	mkdirSync(`${inside.path}/fake/self/attr`, { recursive: true });
	symlinkSync('proc', `${inside.path}/alias`);
	const fakes: Partial<InitMount>[] = [
		{ type: 'tmpfs' },
		{ type: 'bind', source: `${inside.path}/fake` },
		{ type: 'bind', source: '/proc/sys' },
		{ type: 'bind', source: '/sys' },
	];
	const refused = async (fake: Partial<InitMount>, destination: string, before: InitMount[] = []) =>
		t.match(await inside.refusal({ mounts: [...before, { type: '', ...fake, destination }] }), {
			step: 'mounts',
			message: `mount on ${destination}: only a proc can be mounted there`,
		});
	for (const fake of fakes) {
		await refused(fake, '/proc');
		await refused(fake, '/proc', [proc]);
	}
	for (const destination of ['/proc/', '/./tmp/..//proc/.', '/alias']) await refused({ type: 'tmpfs' }, destination);
	const mounts: InitMount[] = [proc, { destination: '/proc', type: 'bind', source: '/proc', recursive: true }];
	t.match(await inside.sh('readlink /proc/self || ls -d /proc/1', { mounts }), /^/, 'a bind of a proc is one');
});

t.test('CVE-2019-19921, CVE-2023-27561, CVE-2023-28642: /proc and /sys are directories, not links', async (t) => {
	for (const name of ['proc', 'sys'])
		for (const type of name === 'proc' ? ['proc'] : ['sysfs'])
			for (const make of [
				(path: string) => symlinkSync('/tmp', path),
				(path: string) => symlinkSync('tmp/no-such', path),
				(path: string) => writeFileSync(path, ''),
			]) {
				const { inside } = scene(t);
				rmdirSync(`${inside.path}/${name}`);
				make(`${inside.path}/${name}`);
				for (const destination of [`/${name}`, `/${name}/`, `/${name}/.`])
					t.match(await inside.refusal({ mounts: [{ destination, type }] }), {
						step: 'mounts',
						message: /: must be an ordinary directory/,
					});
			}
});

t.test('CVE-2025-52881: no file of a proc is covered by one that a mount brings', async (t) => {
	const { inside } = scene(t);
	writeFileSync(`${inside.path}/fake`, 'fake\n');
	mkdirSync(`${inside.path}/fakes`);
	symlinkSync('/proc/sys/kernel', `${inside.path}/alias`);
	symlinkSync('/proc', `${inside.path}/also`);
	const file = { type: 'bind', source: `${inside.path}/fake` };
	for (const [destination, mount] of [
		['/proc/sys/kernel/core_pattern', file],
		['/alias/core_pattern', file],
		['/proc/cmdline', file],
		['/proc/self/attr/current', file],
		['/also/meminfo', file],
		['/proc/self/attr', { type: 'tmpfs' }],
		['/proc/sys', { type: 'bind', source: `${inside.path}/fakes` }],
		['/proc/tty', { type: 'bind', source: '/proc' }],
	] as [string, Partial<InitMount>][])
		t.match(await inside.refusal({ mounts: [proc, { ...mount, destination } as InitMount] }), {
			step: 'mounts',
			message: `mount on ${destination}: nothing can be mounted over a part of proc`,
		});
	const lxcfs: InitMount = { ...file, destination: '/proc/meminfo' } as InitMount;
	t.equal(await inside.sh('cat /proc/meminfo', { mounts: [proc, lxcfs] }), 'fake\n', 'but for what lxcfs has');
});

t.test('CVE-2021-30465: a destination that is exchanged for a link leads nowhere outside', async (t) => {
	const { inside, victim } = scene(t);
	const volume = mkdtempSync(join(tmpdir(), 'procready-volume-'));
	t.teardown(() => rmSync(volume, { recursive: true }));
	mkdirSync(`${volume}/dir`);
	symlinkSync(victim, `${volume}/link`);
	mkdirSync(`${inside.path}${victim}`, { recursive: true });
	const mounts: InitMount[] = [
		proc,
		{ destination: '/volume', type: 'bind', source: volume },
		{ destination: '/volume/dir', type: 'tmpfs', source: 'mark' },
	];
	const stop = race(`${volume}/dir`, `${volume}/link`);
	const places = new Set<string>();
	for (let i = 0; i < launches; i++)
		places.add(await outcome(inside, 'grep " mark " /proc/self/mountinfo | cut -d " " -f 5', { mounts }));
	await stop();
	/* mounted on the directory, under whichever name it has by now, or on what the link leads to inside */
	const inVolume = places.delete('/volume/dir\n') || places.delete('/volume/link\n');
	places.delete('/volume/link\n');
	t.ok(inVolume, 'the directory was hit');
	t.strictSame([...places], [`${victim}\n`], 'and the link, which leads inside');
	unharmed(t, victim);
});

t.test('CVE-2024-45310: directories and files that are missing are made inside, whatever is exchanged', async (t) => {
	const { inside, victim } = scene(t);
	const volume = mkdtempSync(join(tmpdir(), 'procready-volume-'));
	t.teardown(() => rmSync(volume, { recursive: true }));
	mkdirSync(`${volume}/dir`);
	symlinkSync(victim, `${volume}/link`);
	mkdirSync(`${inside.path}${victim}`, { recursive: true });
	const stop = race(`${volume}/dir`, `${volume}/link`);
	for (let i = 0; i < launches / 2; i++) {
		const mounts: InitMount[] = [
			{ destination: '/volume', type: 'bind', source: volume },
			{ destination: `/volume/dir/${i}/directory`, type: 'tmpfs' },
			{ destination: `/volume/dir/file-${i}`, type: 'bind', source: '/etc/passwd' },
		];
		await outcome(inside, 'true', { mounts });
	}
	await stop();
	const made = [`${volume}/dir`, `${inside.path}${victim}`].map((path) => readdirSync(path).length);
	t.ok(made[0] && made[1], `the racer won and lost: ${made}`);
	unharmed(t, victim);
});

t.test('CVE-2025-31133: what masks a file is the /dev/null of the host', async (t) => {
	const { inside } = scene(t);
	symlinkSync('/proc/sys/kernel/core_pattern', `${inside.path}/dev/null`);
	writeFileSync(`${inside.path}/etc/shadow`, 'secret');
	const script = 'cat /etc/shadow; stat -c "%t:%T" /etc/shadow; echo "|evil" >/etc/shadow';
	t.equal(await inside.sh(script, { maskedPaths: ['/etc/shadow', '/dev/null'] }), '1:3\n');
	t.match(await inside.refusal({ devices: [{ path: '/dev/null', type: 'c', major: 1, minor: 3 }] }), {
		step: 'devices',
		message: 'mknod /dev/null: something else is there',
	});
	t.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), corePattern);
});

/** What a container is usually given in /dev. */
const devices: Partial<InitConfig> = {
	devices: [
		{ path: '/dev/null', type: 'c', major: 1, minor: 3 },
		{ path: '/dev/net/tun', type: 'c', major: 10, minor: 200 },
	],
	links: [
		{ path: '/dev/ptmx', target: 'pts/ptmx' },
		{ path: '/dev/fd', target: '/proc/self/fd' },
	],
};

t.test('CVE-2026-41579, CVE-2026-47766: a /dev that is a link leads to nothing of the host', async (t) => {
	for (const up of ['', '../../../../../..']) {
		const { inside, victim } = scene(t);
		rmdirSync(`${inside.path}/dev`);
		symlinkSync(`${up}${victim}`, `${inside.path}/dev`);
		const usual: InitMount[] = [proc, { destination: '/dev', type: 'tmpfs' }];
		for (const mounts of [[proc], usual])
			t.match(await inside.refusal({ ...devices, mounts }), {
				message: /dev is not a directory, or a link that leads nowhere/,
			});
		unharmed(t, victim);
		mkdirSync(`${inside.path}${victim}`, { recursive: true });
		for (const mounts of [[proc], usual])
			t.equal(
				await inside.sh('ls /dev/', { ...devices, mounts }),
				'fd\nnet\nnull\nptmx\n',
				'inside it may lead where it will',
			);
		unharmed(t, victim);
	}
});

t.test('CVE-2019-18837: destinations are inside, whatever links lead there', async (t) => {
	const { inside, victim } = scene(t);
	symlinkSync(victim, `${inside.path}/absolute`);
	symlinkSync(`../../../../../../../..${victim}`, `${inside.path}/relative`);
	symlinkSync('/proc/1/root', `${inside.path}/magic`);
	for (const name of ['absolute', 'relative', 'magic'])
		for (const mount of [
			{ destination: `/${name}`, type: 'tmpfs' },
			{ destination: `/${name}/new`, type: 'tmpfs' },
			{ destination: `/${name}/new`, type: 'bind', source: '/etc/passwd' },
		])
			t.match(await inside.refusal({ mounts: [proc, mount] }), {
				step: 'mounts',
				message: new RegExp(`${name}|levels`),
			});
	unharmed(t, victim);
	mkdirSync(`${inside.path}${victim}`, { recursive: true });
	for (const name of ['absolute', 'relative']) {
		const mounts = [proc, { destination: `/${name}/new`, type: 'tmpfs', source: 'mark' }];
		t.equal(await inside.sh('grep " mark " /proc/self/mountinfo | cut -d " " -f 5', { mounts }), `${victim}/new\n`);
	}
	unharmed(t, victim);
});

t.test('CVE-2025-24965: no file is made or written through a link of the root file system', async (t) => {
	const { inside, victim } = scene(t);
	symlinkSync(`${victim}/ptmx`, `${inside.path}/etc/file`);
	symlinkSync(`${victim}/new`, `${inside.path}/etc/new`);
	symlinkSync('/etc/passwd', `${inside.path}/etc/inside`);
	const bind = { type: 'bind', source: '/etc/hostname' };
	for (const name of ['file', 'new']) {
		t.match(await inside.refusal({ mounts: [{ ...bind, destination: `/etc/${name}` }] }), {
			message: /is a link that leads nowhere/,
		});
		t.match(await inside.refusal({ devices: [{ path: `/etc/${name}`, type: 'p' }] }), {
			message: /something else is there/,
		});
		await inside.sh('true', { links: [{ path: `/etc/${name}`, target: '/x' }], maskedPaths: [`/etc/${name}`] });
	}
	t.equal(
		await inside.sh('cat /etc/passwd', { mounts: [{ ...bind, destination: '/etc/inside' }] }),
		readFileSync('/etc/hostname', 'utf8'),
		'one that leads to a file inside is followed',
	);
	unharmed(t, victim);
});

t.test('nothing of the host was changed by any of this', async (t) => {
	t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), mountsBefore);
	t.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), corePattern);
});
