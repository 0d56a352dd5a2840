/**
 * Build step: runs the command line with the arguments given, and keeps what V8 has compiled for that; load.cts takes it.
 * V8 compiles functions when they are called first: the more a start calls, the more of it must be called here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const filename = fileURLToPath(new URL('../cli/bundle.cjs', import.meta.url));
const script = new Script(Module.wrap(readFileSync(filename, 'latin1')), { filename });
process.on('exit', () => writeFileSync(`${filename}.${process.arch}.compiled`, script.createCachedData()));
script.runInThisContext()({}, createRequire(filename), {}, filename, dirname(filename));
