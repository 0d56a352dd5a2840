/** Specifications that others wrote: read from a file, checked, and made independent of where they lie. */
import { ProcreadyError, reasonOf } from '../errors.js';
import { machine } from '../host/machine.js';
import { validators } from '../host/release.js';
import { parseJson } from '../model/json.js';
import { dirname } from '../model/path.js';
import type { Spec } from '../model/spec.js';
import { findViolation } from '../model/validate.js';
import { absolutePath } from './caller-path.js';
import { isBind } from './mounts.js';
import { whyUnsupported, withoutEmpty } from './unsupported.js';

/** An OCI config.json. Relative paths in it are relative to its directory. Throws `option-invalid`. */
export function readSpec(file: string): Spec {
	return absolute(validSpec(parse(file)), dirname(absolutePath(file, machine.self().directory)));
}

function parse(file: string): unknown {
	try {
		return parseJson(machine.readGiven(file));
	} catch (cause) {
		throw new ProcreadyError('option-invalid', `specification: cannot read ${file}: ${reasonOf(cause)}`, {
			where: '',
			cause,
		});
	}
}

/** Throws `option-invalid` with the JSON pointer of the first member that is wrong. */
export function validSpec(value: unknown): Spec {
	const spec = withoutEmpty(value);
	const violation = findViolation(validators.spec, spec);
	if (!violation) return spec as Spec;
	const { pointer, message } = violation;
	const what = (message.startsWith('is not known') && whyUnsupported(pointer)) || message;
	throw new ProcreadyError('option-invalid', `specification: ${pointer || 'it'} ${what}`, { where: pointer });
}

/** With the paths of the host that are relative taken as below `directory`. OCI config.md, "Root", "Mounts". */
export function absolute(spec: Spec, directory: string | undefined): Spec {
	return {
		...spec,
		...(spec.root ? { root: { ...spec.root, path: absolutePath(spec.root.path, directory) } } : {}),
		...(spec.mounts
			? {
					mounts: spec.mounts.map((mount) =>
						isBind(mount) && mount.source ? { ...mount, source: absolutePath(mount.source, directory) } : mount,
					),
				}
			: {}),
	};
}
