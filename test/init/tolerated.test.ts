/**
 * What the shim tolerates is the one errno that is expected; any other ends the launch with a word. So does a message
 * that cannot be sent: nobody waits for it. The calls are made to fail by strace(1), which counts them for each process.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { childrenOf } from '../support/family.js';
import { proc } from '../support/inside.js';
import { type Changes, goodConfig, rawShim, run, type ShimOptions } from '../support/raw-shim.js';
import { failure, target, whileRunning } from '../support/run-init.js';

const under = (inject: string): ShimOptions => ({
	under: ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${inject}`],
});

const directory = mkdtempSync(join(tmpdir(), 'procready-tolerated-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

const user = { uid: 1, gid: 1 };
const process1 = true;
const tmpfs = { destination: '/tmp', type: 'tmpfs' };

t.test('an error that is not the one that is expected ends the launch', async (t) => {
	for (const [inject, step, message, changes, options = {}] of [
		['flock:error=EIO', 'cgroup-open', /^lock the cgroup /, { cgroup: { directories: [directory], bases: [] } }],
		['fstat:error=EIO:when=2', 'stdio', /^fstat: /, { user, mounts: undefined }],
		['getpriority:error=EIO', 'scheduling', /^getpriority: /, { scheduler: { policy: 'SCHED_BATCH' } }],
		['kill:error=EPERM', 'watch', /^kill process 1: /, { process1 }],
		['openat2:error=EIO:when=3', 'mounts', /^open \/proc: /, { mounts: [proc, tmpfs] }],
		['newfstatat:error=EIO', 'devices', /^symlink \/tmp\/l: /, { links: [{ path: '/tmp/l', target: 'x' }] }],
		['fsopen:error=EIO:when=2', 'sysctl', /^mount proc: /, { sysctl: ['kernel.msgmax=8192'] }],
		[
			'ioctl:error=EIO:when=3',
			'watch',
			/^answer a fork: /,
			{ forks: { refuse: [9] }, args: ['sh', '-c', 'true & wait'] },
		],
		['recvmsg:error=EIO', 'watch', /^receive the filter of forks: /, { forks: { refuse: [9] } }],
		['recvmsg:error=EIO', 'watch', /^receive the terminal: /, { console: {} }, { fds: ['pipe'] }],
		['sendto:error=EIO:when=2', 'watch', /^answer the init: /, { console: {} }, { fds: ['pipe'] }],
		[
			'read:error=ENOMEM:when=4',
			'watch',
			/^read at the terminal: /,
			{ console: {}, args: ['sh', '-c', 'sleep 0.2; echo 1'] },
			{ fds: ['pipe'] },
		],
	] as [string, string, RegExp, Changes, ShimOptions?][]) {
		const injected = inject.includes('when') ? inject : `${inject}:when=1`;
		t.match(
			await failure(changes, { ...under(injected), ...options }),
			{ step, errno: /EIO/.test(inject) ? 5 : /EPERM/.test(inject) ? 1 : 12, message },
			inject,
		);
	}
});

t.test('so it is where a container is joined', async (t) => {
	await whileRunning({}, async (pid) => {
		const joining = { initType: 'setns', target: target(pid), namespaces: {}, mounts: undefined } as const;
		t.match(await failure(joining, { sealed: true, ...under('pidfd_send_signal:error=EIO:when=1') }), {
			step: 'namespaces-open',
			errno: 5,
			message: /^pidfd_send_signal \d+: /,
		});
	});
});

t.test(
	'a message that cannot be sent ends the launch, and where none can, the end of the channel says so',
	async (t) => {
		for (const changes of [{}, { process1 }]) {
			t.match(await failure(changes, under('sendto:error=ENOMEM:when=1')), {
				step: 'created',
				errno: 12,
				message: /^send to the controller: /,
			});
			t.match(await run(changes, under('sendto:error=ENOMEM:when=1+')), {
				messages: { length: 0 },
				exit: { code: 124 },
			});
		}
	},
);

/** The process that has the pid 2 inside, as soon as it is there. */
async function programOf(strace: number): Promise<number> {
	for (;;) {
		const [outer] = childrenOf(strace);
		for (const child of outer ? childrenOf(outer) : [])
			if (child && /^NSpid:.*\t2$/m.test(readFileSync(`/proc/${child}/status`, 'utf8'))) return child;
		await sleep(2);
	}
}

t.test('an init that is killed before it has said anything is reported, whoever has its pipes too', async (t) => {
	// each prctl(2) waits for so long, and the init makes two before it says that its maps can be written
	const shim = rawShim({ sealed: true, ...under('prctl:delay_enter=200000') });
	const namespaces = { ...goodConfig.namespaces, user: 'new' };
	shim.write(`${JSON.stringify({ ...goodConfig, process1, namespaces })}\n{"type":"procCreate"}\n`);
	process.kill(await programOf(shim.process.pid as number), 'SIGKILL');
	t.match(await shim.next(), { type: 'procCreated' });
	t.match(await shim.next(), {
		type: 'procError',
		step: 'watch',
		message: 'the init was killed by signal 9 before it became the program',
	});
	await shim.close();
});
