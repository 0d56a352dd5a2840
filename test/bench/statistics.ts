/** Order statistics: timings have long tails, so nothing here is a mean. */

/** By nearest rank: always a value that was measured. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
	return quantile(values, 0.5);
}

/** How far the middle half of the values lies apart, as text. */
export function spread(values: readonly number[]): string {
	return `${quantile(values, 0.25).toFixed(2)} - ${quantile(values, 0.75).toFixed(2)}`;
}
