/** Round numbers for an axis. */

/** How a quantity is divided: bytes by powers of two, what is counted by whole numbers, all else by 1, 2 and 5. */
export type Division = 'binary' | 'whole' | 'decimal';

/** From 0 to at most `top`, at a round distance: at most `most` beside the 0. */
export function ticks(top: number, most: number, division: Division): number[] {
	const step = roundUp(top / most, division);
	return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => exact(index * step));
}

function roundUp(least: number, division: Division): number {
	if (division === 'binary') return 2 ** Math.ceil(Math.log2(least));
	const power = 10 ** Math.floor(Math.log10(least));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9)) as number;
	return division === 'whole' ? Math.max(1, step) : step;
}

/** `3 * 0.1` is 0.3. */
function exact(value: number): number {
	return Number(value.toPrecision(12));
}
