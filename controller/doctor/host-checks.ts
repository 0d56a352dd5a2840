/** The host and what is ours on it. */
import { errnoText } from '../host/errno.js';
import { remedyForMissing } from '../host/release.js';
import { about, type Check } from './check.js';

/** Of 5.14 are the youngest things that every launch uses. */
const oldestKernel = [5, 14] as const;
const oldestNode = 20;
const architectures: Record<string, string> = { x64: 'x86-64', arm64: 'arm64' };

const kernel: Check = ({ system: { release } }) => {
	const { ok, missing } = about('host', 'kernel');
	if (isAtLeast(release, ...oldestKernel)) return ok(`Linux ${release}`);
	return missing(`Linux ${release} is older than ${oldestKernel.join('.')}`, {
		remedies: [`install Linux ${oldestKernel.join('.')} or newer`],
		affects: ['every launch'],
	});
};

/** `6.8.0-45-generic` against 5.14. */
export function isAtLeast(release: string, major: number, minor: number): boolean {
	const [ofMajor = 0, ofMinor = 0] = release.split(/[^0-9]+/).map(Number);
	return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}

const architecture: Check = ({ system: { architecture } }) => {
	const { ok, limited } = about('host', 'architecture');
	const known = architectures[architecture];
	return known ? ok(known) : limited(`procready is not tested on ${architecture}`);
};

const node: Check = ({ system: { node } }) => {
	const { ok, missing } = about('host', 'node');
	if (Number.parseInt(node, 10) >= oldestNode) return ok(`Node ${node}`);
	return missing(`Node ${node} is older than ${oldestNode}`, {
		remedies: [`install Node ${oldestNode} or newer`],
		affects: ['every launch'],
	});
};

const shim: Check = ({ own: { version, shim, shimVersion } }) => {
	const { ok, missing } = about('host', 'shim');
	if (shimVersion === version) return ok(`procready-shim ${version}`);
	const finding =
		typeof shimVersion === 'string'
			? `${shim} is of release ${shimVersion}, the controller of ${version}`
			: `${shim} cannot be started: ${shimVersion.errno === undefined ? shimVersion.message : errnoText(shimVersion.errno)}`;
	return missing(finding, { remedies: [remedyForMissing()], affects: ['every launch'] });
};

const seccompCompiler: Check = ({ own: { seccompCompiler } }) => {
	const { ok, missing } = about('host', 'seccomp-compiler');
	if (seccompCompiler !== undefined) return ok('procready-seccomp is there');
	return missing('procready-seccomp, the compiler of profiles, is not there', {
		remedies: [remedyForMissing()],
		affects: ['--seccomp'],
	});
};

const seccomp: Check = ({ system }) => {
	const { ok, missing } = about('host', 'seccomp');
	if (system.seccomp) return ok('the kernel takes filters');
	return missing('the kernel has no seccomp filters', {
		remedies: ['boot a kernel with CONFIG_SECCOMP_FILTER'],
		affects: ['--seccomp'],
	});
};

export const hostChecks = [kernel, architecture, node, shim, seccompCompiler, seccomp];
