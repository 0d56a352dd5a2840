/** One measured table, and its form on the terminal. */

export interface Table {
	title: string;
	columns: string[];
	rows: Row[];
	/** What the table is to be held against, and how it was measured. */
	notes: string[];
	/** The same as numbers, for --json. */
	data: unknown;
}

export interface Row {
	name: string;
	/** One cell a column, or why there is none. */
	cells: string[] | string;
}

export function tableText({ title, columns, rows, notes }: Table): string {
	const grid = [['', ...columns], ...rows.map(({ name, cells }) => [name, ...(Array.isArray(cells) ? cells : [])])];
	const widths = grid[0]?.map((_, index) => Math.max(...grid.map((cells) => cells[index]?.length ?? 0))) ?? [];
	const line = (cells: string[]) =>
		cells
			.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
			.join('  ');
	return [
		title,
		'',
		line(['', ...columns]),
		...rows.map(({ name, cells }) => line([name, ...(Array.isArray(cells) ? cells : [cells])])),
		'',
		...notes,
		'',
	].join('\n');
}

export function ratio(value: number, to: number | undefined): string {
	return to === undefined || Number.isNaN(to) ? '-' : (value / to).toFixed(2);
}
