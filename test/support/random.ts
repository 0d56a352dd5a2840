/** Numbers that look random, and can be had again by their seed. */

/** Numbers below `bound`: Lehmer's generator. */
export function generator(seed: number): (bound: number) => number {
	let state = (seed % 2_147_483_646) + 1;
	return (bound) => {
		state = (state * 48_271) % 2_147_483_647;
		return state % bound;
	};
}
