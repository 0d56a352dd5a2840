import { createRequire } from 'node:module';

/** The release, the same for controller and shim. */
export const version: string = createRequire(import.meta.url)('../../package.json').version;
