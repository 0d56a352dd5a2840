/**
 * The part of start.cjs that is for Node: runs the command line as make-bundle.ts wrote it, with the code that V8 had compiled for it: no start compiles it again.
 * The OCI runtime is a bundle of its own.
 */
const { existsSync, readFileSync } = require('node:fs') as typeof import('node:fs');
const { wrap } = require('node:module') as typeof import('node:module');
const { basename, join } = require('node:path') as typeof import('node:path');
const { Script } = require('node:vm') as typeof import('node:vm');

const [, program = '', word] = process.argv;
const isRuntime = basename(program) === 'procready-oci' || word === 'oci';
const filename = join(__dirname, isRuntime ? '../oci/bundle.cjs' : 'bundle.cjs');
// V8 refuses what another release of Node has made, and compiles the source; what was made for another processor it would run
const compiled = `${filename}.${process.arch}.compiled`;
const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
// make-bundle.ts writes ASCII: read so, no character needs to be decoded
const script = new Script(wrap(readFileSync(filename, 'latin1')), { filename, ...(cachedData && { cachedData }) });
script.runInThisContext()(exports, require, module, filename, __dirname);
