/** Bandwidth, delay, jitter and loss of a link: limits like others, which tc(8) sets at both ends of it. */

/** As callers write it. Each holds in each direction: a round trip takes twice the delay. */
export interface LinkLimits {
	/** Bits per second, or a string such as `'10mbit'` (powers of 1000); `'max'` is no limit. tc-tbf(8). */
	rate?: number | string;
	/** Milliseconds, or a string such as `'20ms'`; 0 is none. tc-netem(8), as the next two. */
	delay?: number | string;
	/** By how much it is more or less at random, at most the delay. */
	jitter?: number | string;
	/** Percent of the packets, at random; `'1%'` or 1. */
	loss?: number | string;
}

/** In bits per second, milliseconds and percent; what is 0 or absent is no limit. */
export interface Link {
	rate?: number;
	delay?: number;
	jitter?: number;
	loss?: number;
}
