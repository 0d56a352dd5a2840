/** The points of the curves as a table, for who cannot see them or wants the numbers. */
import type { Count } from '../../model/counters.js';
import { html, type Markup } from './html.js';
import type { Point } from './recording.js';

/** Milliseconds and bytes. */
export function pointsTable(points: readonly Point[]): Markup {
	return html`<table class="points"><thead><tr><th scope="col">ms<th scope="col">memory, bytes<th scope="col">most since<th scope="col">tasks<th scope="col">most since<th scope="col">cpu time, ms<th scope="col">throttled</tr></thead>
${points.map(
	({ wallTime, memory, tasks, cpu, paused }) =>
		html`<tr>${[
			wallTime,
			memory.current,
			memory.highest,
			tasks.current,
			tasks.highest,
			cpu.total,
			cpu.throttledPeriods,
		].map((value) => html`<td>${text(value)}`)}${paused && html`<td>paused`}</tr>
`,
)}</table>`;
}

function text(value: Count): string {
	return value === null ? '–' : String(Math.round(value * 1000) / 1000);
}
