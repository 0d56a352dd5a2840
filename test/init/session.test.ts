/** The terminal of the caller is out of reach for what runs in a container. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { runInTerminal } from '../support/console.js';
import { python } from '../support/paths.js';
import { run } from '../support/raw-shim.js';

/** A new session on a new pseudo-terminal, which is stdin, stdout and stderr of what it starts. Prints what that prints. */
const onTerminal = [
	python,
	'-c',
	`
import os, pty, sys
pid, master = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
while True:
    try: piece = os.read(master, 4096)
    except OSError: break
    os.write(1, piece)
os.waitpid(pid, 0)`,
];

/** Pushes a line into the input of the terminal that stdin is. */
const pushing = `
import fcntl, os, termios
print("terminal", os.ttyname(0))
try:
    for byte in b"pushed\\n": fcntl.ioctl(0, termios.TIOCSTI, bytes([byte]))
    print("accepted")
except OSError as error: print(error.errno)`;

/** dev.tty.legacy_tiocsti of newer kernels; before, all of it was allowed. */
function kernelAllows(): boolean {
	try {
		return readFileSync('/proc/sys/dev/tty/legacy_tiocsti', 'utf8') !== '0\n';
	} catch {
		return true;
	}
}

t.test('nothing is pushed into the terminal of the caller: CVE-2017-5226', async (t) => {
	const user = { uid: 65534, gid: 65534 };
	const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
	const { last, stdout } = await run({ args: [python, '-c', pushing], user }, { under: onTerminal, stdio });
	t.match(last, { type: 'procExited', code: 0 });
	t.match(
		stdout,
		kernelAllows() ? /^terminal .*\r\n1\r\n$/ : /^terminal .*\r\n5\r\n$/,
		'EPERM, or EIO where nobody may',
	);
});

const skip = !kernelAllows() && 'kernel: nobody may push into a terminal';

t.test('into that of its own it may, where the kernel lets it', { skip }, async (t) => {
	const { printed } = await runInTerminal({ args: [python, '-c', pushing], user: { uid: 65534, gid: 65534 } });
	t.match(printed, /accepted/);
});

t.test('the program leads a session of its own', async (t) => {
	const script = 'import os; print(os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid())';
	t.equal((await run({ args: [python, '-c', script] })).stdout, 'True True\n');
	t.equal((await run({ args: [python, '-c', script], process1: true })).stdout, 'True True\n');
});
