/** Where the tests find what they run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const program = (name: string) => at(`dist/test/${process.arch}/${name}`);

export const top = at('');
export const probe = program('probe');
/** One system call: see ../call.c. */
export const call = program('call');
/** Lets one system call of one process fail: see ../inject.c. */
export const injector = program('inject');
/** Exchanges two names all the time: see ../racer.c. */
export const racer = program('racer');
/** Ends in one of many ways: see ../die.c; static, and with the C library of the host. */
export const die = program('die');
export const dynamicDie = program('die-dynamic');
export const smallest = program('true');
/** What the benchmark compares with: see ../bench/bare.c. */
export const bare = program('bare');
export const shim = at(`dist/${process.arch}/procready-shim`);
export const compiler = at(`dist/${process.arch}/procready-seccomp`);
export const cli = at('dist/procready');
export const { version }: { version: string } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
/** Not one of the many that a PATH may begin with: the tests count its tasks. */
export const python = '/usr/bin/python3';
