/** Bandwidth, delay, jitter and loss of a link: limits like others, which tc(8) sets at both ends of it. */

import { invalidOption } from '../../errors.js';
import type { AppliedLimit } from '../../model/applied-limit.js';
import type { Link, LinkLimits } from '../../model/link.js';
import { parseDuration } from '../../model/units.js';

const units: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

const parsers: { [Member in keyof Required<Link>]: (given: number | string, where: string) => number } = {
	rate: parseRate,
	delay: parseTime,
	jitter: parseTime,
	loss: parseLoss,
};

/** Throws `option-invalid`. */
export function linkOf(given: LinkLimits, where: string): Link {
	const named = (Object.keys(parsers) as (keyof Link)[]).filter((member) => given[member] !== undefined);
	if (named.length === 0) throw invalidOption(where, 'names none of rate, delay, jitter, loss');
	return Object.fromEntries(
		named.map((member) => [member, parsers[member](given[member] as number | string, `${where}/${member}`)]),
	);
}

/** Throws `option-invalid` where the members do not go together. */
export function checkLink({ delay = 0, jitter = 0 }: Link, where: string): void {
	if (jitter > delay) throw invalidOption(`${where}/jitter`, `${jitter}ms is more than the delay of ${delay}ms`);
}

function parseRate(given: number | string, where: string): number {
	if (given === 'max') return 0;
	const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(?:([kmg]?)bit)?$/i.exec(String(given)) ?? [];
	const rate = Number(digits) * (units[unit.toLowerCase()] ?? 1);
	if (Number.isInteger(rate) && rate >= 8000 && rate <= 1e12) return rate;
	throw invalidOption(
		where,
		`${JSON.stringify(given)} is neither a rate from 8kbit to 1000gbit, such as 10mbit, nor max`,
	);
}

function parseTime(given: number | string, where: string): number {
	if (/^0(ms|s)?$/.test(String(given))) return 0;
	const time = parseDuration(given, where, 'ms');
	if (time > 60_000) throw invalidOption(where, `${JSON.stringify(given)} is more than a minute`);
	return time;
}

function parseLoss(given: number | string, where: string): number {
	const [, digits] = /^(\d+(?:\.\d+)?)%?$/.exec(String(given)) ?? [];
	const loss = Number(digits);
	if (loss >= 0 && loss <= 100) return loss;
	throw invalidOption(where, `${JSON.stringify(given)} is not a share such as 1%`);
}

const endings: Record<keyof Required<Link>, string> = { rate: 'bit', delay: 'ms', jitter: 'ms', loss: '%' };

/** As limits of a result. */
export function appliedOf(link: Link): AppliedLimit[] {
	return Object.entries(link).map(([member, value]) => {
		const text = member === 'rate' && value === 0 ? 'max' : `${value}${endings[member as keyof Link]}`;
		return { limit: `link.${member}`, asked: text, value: text, rounded: false };
	});
}

/** From limits in force. */
export function linkIn(limits: readonly AppliedLimit[]): Link {
	const ours = limits.filter(({ limit }) => limit.startsWith('link.'));
	const given = Object.fromEntries(ours.map(({ limit, value }) => [limit.slice('link.'.length), value]));
	return ours.length > 0 ? linkOf(given, '/limits/link') : {};
}

const hasRate = ({ rate = 0 }: Link) => rate > 0;
const hasNetem = ({ delay = 0, loss = 0 }: Link) => delay > 0 || loss > 0;

/**
 * Lines for `tc -batch` that make one end of a link so, which was as `held` says. What only changes in number is changed in
 * place: no packet is lost. The delay comes first, so that what waits for it is not what fills the queue of the rate.
 */
export function shapingOf(device: string, link: Link, held: Link = {}, mtu = 1500): string[] {
	const isSame = hasRate(link) === hasRate(held) && hasNetem(link) === hasNetem(held);
	const verb = isSame ? 'change' : 'add';
	const isShaped = hasRate(held) || hasNetem(held);
	const at = `dev ${device}`;
	return [
		...(isShaped && !isSame ? [`qdisc del ${at} root`] : []),
		...(hasNetem(link) ? [`qdisc ${verb} ${at} root handle 1: netem ${netemWords(link)}`] : []),
		...(hasRate(link)
			? [`qdisc ${verb} ${at} ${hasNetem(link) ? 'parent 1:1' : 'root'} handle 2: tbf ${tbfWords(link, mtu)}`]
			: []),
	];
}

/** More packets than a link of 10 Gbit/s has on its way in 10 ms: it is not the number that limits. */
const waiting = 10_000;

function netemWords({ delay = 0, jitter = 0, loss = 0 }: Link): string {
	const words = [
		`limit ${waiting}`,
		`delay ${delay}ms${jitter > 0 ? ` ${jitter}ms` : ''}`, // always: a change would else leave the former one
		`loss ${loss}%`,
	];
	return words.join(' ');
}

/** What may be sent at once is 10 ms, but at least ten packets; what waits longer than 50 ms is dropped. */
function tbfWords({ rate = 0 }: Link, mtu: number): string {
	return `rate ${rate}bit burst ${Math.max(Math.ceil(rate / 800), 15_000, mtu + 100)} latency 50ms`;
}
