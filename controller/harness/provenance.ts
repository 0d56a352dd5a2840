/** What each report for programs begins with: of which form it is, what has made it, when and where. */
import { hostname, release } from 'node:os';
import { version } from '../host/release.js';

/** Raised when a member of a report goes, or means something else; not for new ones. */
export const schemaVersion = 1;

export interface Provenance {
	/**
	 * Raised when a member goes, or means something else. Members may be added without that: a program should ignore those
	 * that it does not know, and who validates strictly takes the schema of the release that `version` names.
	 */
	schemaVersion: typeof schemaVersion;
	/** The release of procready that has made it, such as `0.1.0`. */
	version: string;
	/** When procready began with it: RFC 3339, UTC, with milliseconds, by the clock of the host. */
	time: string;
	/** The name of the host in the uts namespace of procready: gethostname(2). */
	host: string;
	/** The release of the kernel as uname(2) says it, such as `6.12.1-amd64`. */
	kernel: string;
}

/** Of what begins now. */
export function provenance(): Provenance {
	return { schemaVersion, version, time: new Date().toISOString(), host: hostname(), kernel: release() };
}
