/** Which of the files that shards have written count, and whether all shards are there: of whatever they have run. Pure. */
import type { HostOfShard } from './facts.js';
import type { Unreadable } from './sealed.js';
import { type Shard, shardText } from './shard.js';

/** What one file says. */
export interface Part {
	/** As it was given. */
	path: string;
	head: {
		/** Of no other run: a copy has the same, what a shard writes when it runs again has another. */
		run: string;
		whole: { shard: Shard };
		on: HostOfShard;
	};
	/** `undefined`: the end is missing, so that the shard was killed, runs still, or the file was cut off. */
	end?: object | undefined;
}

/** Why there is no merged report, a sentence each. */
export interface Refused {
	wrong: string[];
}

export interface Parts<P> {
	/** One for each shard, in their order. */
	complete: [P, ...P[]];
	/** What is to be known although it is no fault: files that do not count. */
	notes: string[];
}

interface Kind<P> {
	/** How far one without an end has come, in words. */
	last(part: P): string;
	/** In what two are not of the same whole, in words. */
	differences(a: P, b: P): string[];
	/** What is missing of one that has an end. */
	incomplete(part: P): string[];
}

export function partsOf<P extends Part>(read: readonly (P | Unreadable)[], kind: Kind<P>): Parts<P> | Refused {
	const unreadable = read.filter((one): one is Unreadable => 'wrong' in one);
	const empty = unreadable.filter(({ isEmpty }) => isEmpty).map(({ wrong }) => wrong);
	const { complete, ended, notes } = withoutCopies(read.filter((one): one is P => !('wrong' in one)));
	const [first, ...others] = complete;
	const wrong = [
		...unreadable.filter(({ isEmpty }) => !isEmpty).map(({ wrong }) => wrong),
		...ended.map(
			(one) =>
				`${called(one)}: has no end, so its shard was killed, runs still, or the file was cut off; ${kind.last(one)}`,
		),
	];
	if (first === undefined) return { wrong: [...wrong, ...empty] };
	const foreign = others.flatMap((one) => {
		const found = kind.differences(first, one);
		return found.length > 0 ? [`${called(first)} and ${called(one)} are not of one whole: ${found.join('; ')}`] : [];
	});
	if (foreign.length > 0) return { wrong: [...wrong, ...foreign] };
	const absent = missing(first.head.whole.shard, [...complete, ...ended]);
	const all = [...wrong, ...doubled(complete), ...absent, ...complete.flatMap(kind.incomplete)];
	if (all.length > 0) return { wrong: absent.length > 0 ? [...all, ...empty] : all };
	return { complete: [first, ...others], notes: [...notes, ...empty] };
}

/** A file, with which shard it is of and where that ran. */
export function called({ path, head }: Part): string {
	return `${path} (shard ${shardText(head.whole.shard)} on ${head.on.host})`;
}

/**
 * Copies of one file count once, and what a killed shard has left does not count where the shard ran again to its end; it is
 * noted.
 */
function withoutCopies<P extends Part>(read: readonly P[]): { complete: P[]; ended: P[]; notes: string[] } {
	const complete = read.filter(({ end }) => end !== undefined);
	const runs = new Map(complete.toReversed().map((one) => [one.head.run, one]));
	const indexes = new Set(complete.map(({ head }) => head.whole.shard.index));
	const cut = read.filter(({ end }) => end === undefined);
	const [again, ended] = [true, false].map((is) =>
		cut.filter(({ head }) => indexes.has(head.whole.shard.index) === is),
	);
	return {
		complete: complete
			.filter((one) => runs.get(one.head.run) === one)
			.sort((a, b) => a.head.whole.shard.index - b.head.whole.shard.index),
		ended: ended as P[],
		notes: [
			...complete
				.filter((one) => runs.get(one.head.run) !== one)
				.map((one) => `${one.path}: is a copy of ${runs.get(one.head.run)?.path}, and counts once`),
			...(again as P[]).map((one) => `${called(one)}: has no end, and does not count: the shard ran again to its end`),
		],
	};
}

function doubled(complete: readonly Part[]): string[] {
	return complete.flatMap((one, index) => {
		const other = complete[index - 1];
		if (other?.head.whole.shard.index !== one.head.whole.shard.index) return [];
		return [
			`${called(other)} and ${called(one)} are the same shard, run twice to its end: leave out the one that does not count`,
		];
	});
}

function missing({ count }: Shard, there: readonly Part[]): string[] {
	const indexes = new Set(there.map(({ head }) => head.whole.shard.index));
	const absent = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !indexes.has(index));
	return absent.map((index) => `shard ${index}/${count} is missing: none of these files is of it`);
}
