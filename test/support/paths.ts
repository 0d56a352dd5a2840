/** Where the tests find what they run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const top = at('');
export const probe = at('dist/test/probe');
/** One system call: see ../call.c. */
export const call = at('dist/test/call');
/** Lets one system call of one process fail: see ../inject.c. */
export const injector = at('dist/test/inject');
/** Exchanges two names all the time: see ../racer.c. */
export const racer = at('dist/test/racer');
/** Ends in one of many ways: see ../die.c; static, and with the C library of the host. */
export const die = at('dist/test/die');
export const dynamicDie = at('dist/test/die-dynamic');
export const smallest = at('dist/test/true');
export const shim = at(`dist/${process.arch}/procready-shim`);
export const compiler = at(`dist/${process.arch}/procready-seccomp`);
export const cli = at('dist/procready');
export const { version }: { version: string } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
/** Not one of the many that a PATH may begin with: the tests count its tasks. */
export const python = '/usr/bin/python3';
