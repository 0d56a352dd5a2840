/** The middle of some numbers, so that one that is far off does not count; `null` where none is known. */
export function median(numbers: readonly (number | null | undefined)[]): number | null {
	const known = numbers.filter((one) => typeof one === 'number').sort((one, other) => one - other);
	const middle = known.length / 2;
	if (known.length === 0) return null;
	const upper = known[Math.floor(middle)] as number;
	return Number.isInteger(middle) ? ((known[middle - 1] as number) + upper) / 2 : upper;
}
