/** One curve as a picture. It is as wide as there is room: shapes are stretched, the words beside them are HTML and are not. */
import { duration } from '../../report/words.js';
import type { Curve, LimitLine, Pause, Vertex } from './curve.js';
import { gathered } from './hits.js';
import { html, type Markup } from './html.js';
import { ticks } from './scale.js';
import { hitText } from './words.js';

/** Of the drawing, in pixels; its width is in thousandths of all there is. */
const height = 132;
const width = 1000;
/** Between two words one above the other. */
const lineHeight = 16;
/** A limit further above the curve than that is only named: drawn, it would flatten the curve. */
const farAbove = 3;

export interface Span {
	/** Milliseconds. */
	end: number;
	pauses: readonly Pause[];
}

interface Frame {
	x(time: number): number;
	y(value: number): number;
	top: number;
	drawn: readonly LimitLine[];
	far: readonly LimitLine[];
}

export function chart(curve: Curve, span: Span): Markup {
	const { name, title, path, division, show } = curve;
	if (path.length === 0)
		return html`<figure class="chart"><h3>${title}</h3><p class="quiet">This host does not count it.</p></figure>`;
	const frame = frameOf(curve, span);
	const marks = ticks(frame.top, 4, division);
	return html`<figure class="chart ${name}">
<h3>${title}</h3>
<div class="plot">
<svg role="img" aria-labelledby="${name}-title ${name}-text" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">
<title id="${name}-title">${title} over time</title>
<desc id="${name}-text">${description(curve, span)}</desc>
${span.pauses.map(({ from, to }) => html`<path class="pause" d="M${at(frame.x(from))} 0H${at(frame.x(to))}V${height}H${at(frame.x(from))}Z"/>`)}
${marks.map((value) => html`<path class="grid" d="M0 ${at(frame.y(value))}H${width}"/>`)}
<path class="area" d="${line(curve, frame)}V${height}H${at(frame.x(path[0]?.time ?? 0))}Z"/>
<path class="curve" d="${line(curve, frame)}"/>
${frame.drawn.map(({ spans }) => html`<path class="limit" d="${spans.map((span) => limitPath(span, frame)).join('')}"/>`)}
${curve.peak && html`<path class="dot" d="M${at(frame.x(curve.peak.time))} ${at(frame.y(curve.peak.value))}h0"/>`}
${hitMarks(curve, span, frame)}
</svg>
${marks.map((value) => html`<span class="tick" style="top:${at(frame.y(value))}px">${value === 0 ? '0' : show(value)}</span>`)}
${labels(curve, frame)}
${earlierLimits(curve, frame)}
</div>
</figure>`;
}

/** The time below the charts, and the pauses by their name. */
export function timeAxis({ end, pauses }: Span): Markup {
	const left = (time: number) => `left:${at((100 * time) / end)}%`;
	return html`<div class="time" aria-hidden="true">
${ticks(end, 5, 'decimal').map((time) => html`<span style="${left(time)}">${time === 0 ? '0' : duration(time)}</span>`)}
${pauses.map(({ from, to }) => html`<i style="${left((from + to) / 2)}">paused</i>`)}
</div>`;
}

function frameOf({ path, peak, limits }: Curve, { end }: Span): Frame {
	const highest = Math.max(...path.map(({ value }) => value), peak?.value ?? 0);
	const isFar = ({ spans }: LimitLine) => Math.min(...valuesOf(spans)) > farAbove * highest;
	const drawn = limits.filter((one) => !isFar(one));
	const near = drawn.flatMap(({ spans }) => valuesOf(spans)).filter((value) => value <= farAbove * highest);
	const top = Math.max(highest, ...near) * 1.15 || 1;
	return {
		x: (time) => (width * time) / end,
		y: (value) => height * (1 - Math.min(value, top) / top),
		top,
		drawn,
		far: limits.filter(isFar),
	};
}

function valuesOf(spans: LimitLine['spans']): number[] {
	return spans.flatMap(({ value }) => (value === undefined ? [] : [value]));
}

function line({ path, shape }: Curve, { x, y }: Frame): string {
	const [first, ...rest] = path as [Vertex, ...Vertex[]];
	const to = ({ time, value }: Vertex) =>
		shape === 'steps' ? `H${at(x(time))}V${at(y(value))}` : `L${at(x(time))} ${at(y(value))}`;
	const last = rest.at(-1);
	const end = shape === 'steps' && last ? `H${at(x(last.time))}` : '';
	const drawn = end ? rest.slice(0, -1) : rest; // a step at the end has no width
	return `M${at(x(first.time))} ${at(y(first.value))}${drawn.map(to).join('')}${end}`;
}

function limitPath({ from, to, value }: LimitLine['spans'][number], { x, y }: Frame): string {
	return value === undefined ? '' : `M${at(x(from))} ${at(y(value))}H${at(x(to))}`;
}

/** On the line of the limit; where that is not drawn, at the top. */
function hitMarks({ hits }: Curve, { end }: Span, { x, y, top, drawn }: Frame): Markup[] {
	return gathered(hits, end / 100).map((hit) => {
		const { from, to, limit } = hit;
		const spans = drawn.find((one) => one.limit === limit)?.spans ?? [];
		const value = spans.find((span) => span.from <= to && to <= span.to)?.value ?? top;
		return html`<path class="hit" d="M${at(x(from))} ${at(y(value))}H${at(x(to))}"><title>${limit}: ${hitText(hit)}, ${when(hit)}</title></path>`;
	});
}

/** At the right end of what they name, one below the other where they would cover each other. */
function labels({ limits, peak, show }: Curve, { y, far, top }: Frame): Markup[] {
	const words = [
		...limits.flatMap(({ limit, spans }) => {
			const value = spans.at(-1)?.value;
			if (value === undefined) return [];
			const isAbove = far.some((one) => one.limit === limit) || value > top;
			const name = limit === 'memory.high' ? 'high' : 'limit';
			return [{ name: 'limit', y: isAbove ? 0 : y(value), text: `${isAbove ? '↑ ' : ''}${name} ${show(value)}` }];
		}),
		...(peak ? [{ name: 'peak', y: y(peak.value), text: `peak ${show(peak.value)}` }] : []),
	].sort((one, other) => one.y - other.y);
	let free = Number.NEGATIVE_INFINITY;
	return words.map(({ name, y, text }) => {
		const place = Math.max(y, free);
		free = place + lineHeight;
		return html`<span class="label ${name}" style="top:${at(place)}px">${text}</span>`;
	});
}

/** Values that were in force before the last one, where there is room for them. */
function earlierLimits({ show }: Curve, { drawn, x, y, top }: Frame): Markup[] {
	return drawn.flatMap(({ spans }) =>
		spans.slice(0, -1).flatMap(({ from, to, value }) => {
			const isSeen = value !== undefined && value <= top && x(to) - x(from) >= width / 8;
			if (!isSeen) return [];
			return [
				html`<span class="label limit earlier" style="top:${at(y(value))}px;left:${at(x(from) / 10)}%">${show(value)}</span>`,
			];
		}),
	);
}

function description({ peak, show, limits, hits, path }: Curve, { end }: Span): string {
	const highest = peak ?? path.reduce((one, other) => (other.value > one.value ? other : one));
	const last = limits.flatMap(({ limit, spans }) => {
		const value = spans.at(-1)?.value;
		return value === undefined ? [] : [`${limit} was ${show(value)} at the end.`];
	});
	const times = gathered(hits, end / 100).map((hit) => `${hit.limit}: ${hitText(hit)}, ${when(hit)}.`);
	return [
		`${duration(end)} long. The highest was ${show(highest.value)}, after about ${duration(highest.time)}.`,
		...last,
		...times.slice(0, 20),
	].join(' ');
}

function when({ from, to }: { from: number; to: number }): string {
	return from === to ? `after ${duration(from)}` : `from ${duration(from)} to ${duration(to)}`;
}

function at(value: number): string {
	return String(Math.round(value * 10) / 10);
}
