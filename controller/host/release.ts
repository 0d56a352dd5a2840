/** What lies beside the TypeScript of this release: its version, its programs and the validators that the build generated. */
export { compilerPath, remedyForMissing, shimPath, type Validators, validators, version } from './node/release.js';
