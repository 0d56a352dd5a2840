/** The doctor, loaded only when it is called: few programs ask. */
import type { Diagnosis } from './diagnose.js';

/** Looks at this host and this caller, and says which limits can be enforced. Leaves nothing behind. */
export async function doctor(): Promise<Diagnosis> {
	return (await import('./diagnose.js')).doctor();
}
