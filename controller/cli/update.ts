/** `procready update`: other limits for a container that runs. */
import { ProcreadyError } from '../errors.js';
import { inFlags } from '../flags/arguments.js';
import { limitFlags, limitsOf } from '../flags/limits.js';
import type { Flags } from '../model/flag.js';
import { findNamed, helpFlag } from './named.js';
import { stderr, stdout } from './output.js';
import type { Page } from './page.js';

const { 'device-rule': _, 'cpu-time': __, 'output-max': ___, ...changeable } = limitFlags;

const flags = {
	...changeable,
	json: { type: 'boolean', help: 'print the limits as the kernel took them, as JSON' },
	...helpFlag,
} as const satisfies Flags;

const { json, help } = flags;

export const page: Page = {
	name: 'update',
	summary: 'change the limits of a container that runs',
	synopsis: ['NAME --LIMIT VALUE...'],
	text: `Changes limits of the container that was started with --name NAME; those that are not named stay. When one is refused,
none is changed. A memory limit by itself leaves a limit of swap as it is.`,
	unset: 'unchanged',
	topics: { 'Limits:': changeable, 'Options:': { json, help } },
	notes: `Exit status: 0; 125 when there is no such container, or a limit is refused.`,
};

/** Resolves to the exit status. */
export async function update(argv: string[]): Promise<number> {
	const found = findNamed(argv, flags, page);
	if (!found) return 0;
	const { container, values } = found;
	try {
		const asked = limitsOf(values);
		if (Object.keys(asked).length === 0)
			throw new ProcreadyError('option-invalid', 'no limit is given; see procready update --help');
		const limits = await container.update(asked);
		if (values.json) stdout.write(`${JSON.stringify(limits, null, '\t')}\n`);
		for (const { limit, asked, value, rounded } of limits)
			if (rounded) stderr.write(`procready: note: ${limit}: the kernel took ${value} for ${asked}\n`);
		return 0;
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		throw new ProcreadyError(error.code, inFlags(error, flags), { cause: error });
	}
}
