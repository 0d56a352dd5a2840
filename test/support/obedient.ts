/** A program that does what it is told, one thing a line, and says what came of it. */
import { createInterface } from 'node:readline';
import { Container, type Options } from '../../controller/index.js';
import { probe, python } from './paths.js';

const script = `
import os, subprocess, sys, time

def forks():
    children = []
    try:
        while True:
            child = os.fork()
            if child == 0:
                try:
                    time.sleep(1000)
                finally:
                    os._exit(0)
            children.append(child)
    except BlockingIOError:
        pass
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)
    return len(children)

def run(*args):
    return subprocess.run([${JSON.stringify(probe)}, *args], stdout=subprocess.DEVNULL).returncode

for line in sys.stdin:
    what, *args = line.split()
    print(forks() if what == 'forks' else run(what, *args), flush=True)
`;

export interface Obedient extends AsyncDisposable {
	container: Container;
	/**
	 * `forks`: how many children it may have at once; anything else is run by probe, and the answer is the exit status,
	 * or the number of the signal, negative.
	 */
	tell(what: string): Promise<number>;
}

export async function obedient(options: Options = {}): Promise<Obedient> {
	const container = await Container.launch([python, '-c', script], options);
	const answers = createInterface(container.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
	return {
		container,
		async tell(what) {
			container.stdin?.write(`${what}\n`);
			return Number((await answers.next()).value);
		},
		[Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
	};
}
