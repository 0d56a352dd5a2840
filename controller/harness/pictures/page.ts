/** A run as one page: nothing is fetched, no script runs, and it can be read on paper, on a phone and by a screen reader. */

import type { ProcreadyError } from '../../errors.js';
import { limitOf } from '../../model/limits.js';
import { shellLine } from '../../model/shell.js';
import type { Result } from '../../report/result.js';
import { isRiddle, outcome, scheduled } from '../../report/text.js';
import { bytes, count, duration, limitText } from '../../report/words.js';
import { accountTables } from './account.js';
import { chart, timeAxis } from './chart.js';
import type { Curve } from './curve.js';
import { curvesOf, pausesOf, until } from './curves.js';
import { pointsTable } from './data.js';
import { gathered } from './hits.js';
import type { HostFacts } from './host.js';
import { html, type Markup } from './html.js';
import type { Recording } from './recording.js';
import { style } from './style.js';
import { hitText } from './words.js';

export interface PageFacts {
	/** Where it ran; left out where it is not known. */
	host?: HostFacts;
	/** Words of a command that does the same again. */
	again?: readonly string[];
	/** Default: now. */
	date?: Date;
}

/** The text of the page. `recording` is that of the same run: see `record`. */
export function renderPage(result: Result, recording: Recording, facts: PageFacts = {}): string {
	const curves = curvesOf(result, recording);
	const title = outcome(result);
	return document(
		title,
		facts,
		html`<header class="${result.verdict.outcome}">
<p class="outcome">${result.verdict.outcome.replace('-', ' ')}</p>
<h1>${title}</h1>
${verdict(result)}
<pre class="command"><code>${shellLine(result.args)}</code></pre>
</header>
${pictures(curves, result, recording)}
${hitTable(curves, result)}
<section><h2>The account</h2>
${accountTables(result)}
<p class="quiet">Counted from the first instruction of the program to its end. Counters have their names of cgroup v2; ru_… are those of getrusage(2).</p></section>
${limitTable(result)}
${scheduleList(result)}
${hostList(facts.host)}
${again(facts.again)}
<details><summary>The curves in numbers</summary>
${pointsTable(until(result.wallTime, recording.points))}</details>`,
	);
}

/** The page of a run that could not be started. */
export function renderFailure(error: Pick<ProcreadyError, 'code' | 'message'>, facts: PageFacts = {}): string {
	return document(
		'It could not be run',
		facts,
		html`<header class="failed">
<p class="outcome">${error.code}</p>
<h1>It could not be run</h1>
<ul class="verdict"><li>${error.message}</li></ul>
</header>
${hostList(facts.host)}
${again(facts.again)}`,
	);
}

function document(title: string, { date = new Date(), host }: PageFacts, body: Markup): string {
	const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
	const moment = date.toISOString();
	return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
<footer>procready${host && ` ${host.procready}`}, <time datetime="${moment}">${moment.slice(0, 16).replace('T', ' ')} UTC</time></footer>
</body>
</html>
`.text;
}

function verdict(result: Result): Markup {
	const { causes, sentence } = result.verdict;
	if (causes.length === 0)
		return html`<ul class="verdict"><li>${isRiddle(result) ? sentence : 'No limit was hit.'}</li></ul>`;
	return html`<ul class="verdict">
${causes.map(
	({ limit, level, fatal, sentence }) =>
		html`<li class="${fatal ? 'fatal' : 'hit'}"><b>${limit}</b>${level !== 'self' && ` (${level})`}: ${sentence}</li>`,
)}
</ul>`;
}

function pictures(curves: readonly Curve[], { wallTime }: Result, { points }: Recording): Markup {
	const span = { end: Math.max(wallTime, 0.001), pauses: pausesOf(until(wallTime, points)) };
	return html`<section class="charts" aria-label="Curves">
${curves.map((curve) => chart(curve, span))}
${timeAxis(span)}
</section>`;
}

const mostHits = 40;

function hitTable(curves: readonly Curve[], { wallTime }: Result): Markup | false {
	const hits = curves.flatMap(({ hits }) => gathered(hits, wallTime / 100)).sort((one, other) => one.from - other.from);
	if (hits.length === 0) return false;
	return html`<section><h2>When limits were hit</h2>
<table class="wide"><thead><tr><th scope="col">after<th scope="col">limit<th scope="col">what happened</tr></thead>
<tbody>${hits.slice(0, mostHits).map(
		(hit) =>
			html`<tr><td>${duration(hit.from)}${hit.to > hit.from && ` to ${duration(hit.to)}`}<td>${hit.limit}<td class="text">${hitText(hit)}</tr>
`,
	)}</tbody></table>
${hits.length > mostHits && html`<p class="quiet">And ${count(hits.length - mostHits, 'more time')}.</p>`}
<p class="quiet">A time is when it was noticed: it happened shortly before.</p></section>`;
}

function limitTable({ limits, changes }: Result): Markup | false {
	if (limits.length === 0) return false;
	return html`<section><h2>The limits</h2>
<table class="wide"><thead><tr><th scope="col">limit<th scope="col">asked for<th scope="col">what the kernel took<th scope="col">what it is</tr></thead>
<tbody>${limits.map(
		({ limit, asked, value, rounded }) =>
			html`<tr><th scope="row">${limit}<td>${limitText(limit, asked)}<td>${limitText(limit, value)}${value !== limitText(limit, value) && html` <span class="counter">${value}</span>`}${rounded && ', rounded'}<td class="quiet">${limitOf(limit)?.text}</tr>
`,
	)}</tbody></table>
${changes.map(
	({ wallTime, limits }) =>
		html`<p>Changed after ${duration(wallTime)}: ${limits.map(({ limit, value }) => `${limit} became ${limitText(limit, value)}`).join(', ')}.</p>
`,
)}</section>`;
}

function scheduleList(result: Result): Markup | false {
	const lines = scheduled(result);
	return (
		lines.length > 0 &&
		html`<section><h2>What was done to it</h2>
${lines.map(
	([, text]) => html`<p>${text}</p>
`,
)}</section>`
	);
}

function hostList(host: HostFacts | undefined): Markup | false {
	if (!host) return false;
	const versions = Object.entries(host.cgroups).map(([name, version]) => `${name} v${version}`);
	const facts = [
		['kernel', `Linux ${host.kernel}, ${host.architecture}`],
		['cgroups', versions.join(', ') || 'none'],
		['processors', String(host.processors)],
		['memory', bytes(host.memory)],
		['procready', `${host.procready}, Node ${host.node}`],
	];
	return html`<section><h2>The host</h2>
<dl>${facts.map(([name, value]) => html`<div><dt>${name}<dd>${value}</div>`)}</dl></section>`;
}

function again(words: readonly string[] | undefined): Markup | false {
	return (
		words !== undefined &&
		html`<section><h2>The same again</h2>
<pre class="command"><code>${shellLine(words)}</code></pre></section>`
	);
}
