/** How the page looks: dark and light, on a phone and on paper. */
import { Markup } from './html.js';

export const style = new Markup(`
:root {
	--paper: #fcfcfa; --ink: #23262b; --quiet: #6a7078; --line: #dfe1e2; --band: #eceded; --wash: #f3f4f3;
	--curve: #2f6690; --area: #2f669018; --limit: #c2571a; --fatal: #b3261e; --good: #2e7d4f;
	color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
	:root {
		--paper: #16181b; --ink: #e3e4e2; --quiet: #989ea6; --line: #303439; --band: #25282c; --wash: #1e2124;
		--curve: #7fb2dc; --area: #7fb2dc20; --limit: #ef9a5b; --fatal: #ff8a80; --good: #79c99a;
	}
}
* { box-sizing: border-box; }
body {
	margin: 0; background: var(--paper); color: var(--ink);
	font: .94rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
	font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
}
main, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-top: 2.5rem; }
footer { padding-block: 2rem 2.5rem; color: var(--quiet); font-size: .85rem; }
h1 { font-size: clamp(1.35rem, 4vw, 1.9rem); line-height: 1.2; font-weight: 600; letter-spacing: -.012em; margin: .15rem 0 .8rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; font-weight: 600; margin: 0 0 .6rem; }
section, details { margin-top: 2.4rem; }
code, .verdict b { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .87em; }
.verdict b { font-weight: 600; }
.outcome { margin: 0; font-size: .85rem; font-weight: 600; color: var(--fatal); }
.passed .outcome { color: var(--good); }
.timed-out .outcome { color: var(--limit); }
.verdict { list-style: none; margin: 0 0 1rem; padding: 0; max-width: 46rem; }
.verdict li { margin: .25rem 0; padding-left: .8rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
.verdict .hit { border-color: var(--limit); }
.verdict .fatal { border-color: var(--fatal); }
.command { margin: 0; padding: .6rem .8rem; background: var(--wash); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
section > p { margin: .4rem 0 0; font-size: .9rem; }
section > p.quiet { margin: .5rem 0 0; font-size: .87rem; }

.charts { --left: 4.2rem; --right: 6.6rem; }
.chart { margin: 0 0 1.1rem; break-inside: avoid; }
.chart h3 { font-size: .92rem; font-weight: 600; margin: 0 0 .45rem; }
.plot { position: relative; margin: 0 var(--right) 0 var(--left); }
.plot svg { display: block; width: 100%; height: 132px; overflow: visible; }
path { fill: none; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); }
.pause { fill: var(--band); }
.area { fill: var(--area); }
.curve { stroke: var(--curve); stroke-width: 1.75; stroke-linejoin: round; }
.limit { stroke: var(--limit); stroke-width: 1.25; }
.dot { stroke: var(--curve); stroke-width: 7; stroke-linecap: round; }
.hit { stroke: var(--fatal); stroke-width: 7; stroke-linecap: round; }
.tick, .label { position: absolute; line-height: 16px; font-size: .8rem; transform: translateY(-50%); white-space: nowrap; }
.tick { right: 100%; margin-right: .6rem; color: var(--quiet); }
.label { left: 100%; margin-left: .6rem; }
.label.limit { color: var(--limit); }
.label.peak { color: var(--curve); }
.label.earlier { transform: translateY(-100%); margin-left: 2px; }
.time { position: relative; height: 1.3rem; margin: -.7rem var(--right) 0 var(--left); font-size: .8rem; color: var(--quiet); }
.time * { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.time span:first-child { transform: none; }
.time i { top: 1.1rem; }

table { border-collapse: collapse; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .2rem; }
th { text-align: left; font-weight: 400; }
th, td { padding: .22rem .9rem .22rem 0; vertical-align: baseline; border-top: 1px solid var(--line); }
thead th { color: var(--quiet); border-top: 0; font-size: .82rem; }
.wide { width: 100%; }
.wide th[scope=row], .wide td:not(.quiet) { white-space: nowrap; }
.wide td.text { white-space: normal; }
.number { text-align: right; white-space: nowrap; }
.counter { color: var(--quiet); font-size: .82rem; }
.wide .counter { margin-left: .3rem; }
.account { columns: 2 20rem; column-gap: 2.5rem; }
.account table { width: 100%; table-layout: fixed; margin: 0 0 1.3rem; break-inside: avoid; }
.account .number { width: 5.4rem; }
.account .counter { width: 11.2rem; padding-right: 0; white-space: nowrap; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .7rem 1.5rem; margin: 0; }
dt { color: var(--quiet); font-size: .82rem; }
dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; font-weight: 600; }
details[open] summary { margin-bottom: .6rem; }
details { overflow-x: auto; }
.points { font-size: .8rem; }
.points td, .points th { text-align: right; white-space: nowrap; }

@media (max-width: 36rem) {
	.charts { --left: 3.6rem; --right: 5.4rem; }
	.tick, .label, .time { font-size: .72rem; }
	.time span:nth-of-type(even) { display: none; }
	.wide, .wide tbody { display: block; }
	.wide thead { display: none; }
	.wide tbody tr { display: grid; grid-template-columns: 8.6rem minmax(0, 1fr) minmax(0, 1fr); gap: 0 .6rem; border-top: 1px solid var(--line); padding: .3rem 0; }
	.wide th, .wide td, .wide td:not(.quiet) { border: 0; padding: 0; white-space: normal; overflow-wrap: anywhere; }
	.wide td.quiet { grid-column: 1 / -1; font-size: .82rem; }
	.account .number { width: 5.4rem; padding-right: .6rem; }
	.account .counter { width: 8rem; font-size: .72rem; white-space: normal; }
}
@media print {
	:root {
		--paper: #fff; --ink: #000; --quiet: #555; --line: #ccc; --band: #eee; --wash: #f5f5f5;
		--curve: #1f5580; --area: #1f558014; --limit: #b04a10; --fatal: #a01c14; --good: #1e6b3e;
	}
	@page { margin: 16mm; }
	:root { font-size: 12px; }
	body { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
	main, footer { max-width: none; padding: 0; }
	section { margin-top: 1.8rem; }
	section:has(pre), .charts, tr { break-inside: avoid; }
	h2 { break-after: avoid; }
	details:not([open]) { display: none; }
}
`);
