/** The flags of each of many runs that nobody looks at: those of `run` without a terminal. */
import { namespaceFlags, networkFlags, processFlags, rootFlags, timeFlags } from '../flags/flags.js';
import { limitFlags } from '../flags/limits.js';

const { tty: _, interactive: __, 'console-socket': ___, ...ofProcess } = processFlags;

export const trialFlags = {
	...limitFlags,
	...timeFlags,
	...ofProcess,
	...rootFlags,
	...namespaceFlags,
	...networkFlags,
};

export const trialTopics = {
	'Other limits:': { ...limitFlags, ...timeFlags },
	'The process:': ofProcess,
	'Its files:': rootFlags,
	'Its namespaces:': namespaceFlags,
	'Its network:': networkFlags,
};
