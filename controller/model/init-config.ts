/** Names for the parts of the init config that the code speaks of. */

import type { InitConfig } from './init-config.generated.js';

export type { InitConfig } from './init-config.generated.js';

/** What stands in a list of the init config, or is there or not. */
type Part<Name extends keyof InitConfig> =
	NonNullable<InitConfig[Name]> extends (infer Item)[] ? Item : NonNullable<InitConfig[Name]>;

export type NamespaceType = keyof InitConfig['namespaces'];
export type Propagation = InitConfig['rootfsPropagation'];
export type MountPropagation = NonNullable<InitMount['propagation']>;
export type MountAttribute = NonNullable<InitMount['set']>[number];
export type InitUser = Part<'user'>;
export type InitMount = Part<'mounts'>;
export type InitDevice = Part<'devices'>;
export type InitScheduler = Part<'scheduler'>;
