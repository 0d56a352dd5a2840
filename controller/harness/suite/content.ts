/** What a document says: numbers, true, false and null as they are written, and beside that what YAML takes them for. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { escapeToken } from '../../model/pointer.js';

export interface Content {
	/** Of objects, lists and texts; `undefined` where it cannot be read at all. `3.10` is the text `3.10`. */
	value: unknown;
	/** The number 3.1, by the JSON pointer of that text. */
	typed: ReadonlyMap<string, unknown>;
}

/** Levels of lists and objects. */
export const deepest = 100;
/** Values, with all that aliases stand for: an alias of aliases may stand for billions. */
const most = 100_000;

/** What is understood, but is too much. */
export class Refusal extends Error {
	readonly node: Node | null;

	constructor(node: Node | null, message: string) {
		super(message);
		this.node = node;
	}
}

/** `targets`: what each alias stands for. Throws a `Refusal`. */
export function contentOf(root: Node | null, targets: ReadonlyMap<Node, Node>): Content {
	const typed = new Map<string, unknown>();
	let count = 0;
	return { value: read(root, '', 0), typed };

	function read(node: Node | null, pointer: string, depth: number): unknown {
		const held = resolved(node, depth);
		if (isSeq(held)) return held.items.map((item, index) => read(item as Node, `${pointer}/${index}`, depth + 1));
		if (isMap(held)) {
			const members = [...membersOf(held, depth)];
			return Object.fromEntries(
				members.map(([name, member]) => [name, read(member, `${pointer}/${escapeToken(name)}`, depth + 1)]),
			);
		}
		const { value, source } = (isScalar(held) ? held : { value: null }) as Scalar;
		if (typeof value === 'string') return value;
		typed.set(pointer, value);
		return source ?? '';
	}

	/** What an alias stands for, and any other node itself. */
	function resolved(node: Node | null, depth: number): Node | null {
		if (++count > most) throw new Refusal(node, `with its aliases this stands for more than ${most} values`);
		if (depth > deepest) throw new Refusal(node, `this is nested more than ${deepest} deep, or holds itself`);
		return isAlias(node) ? (targets.get(node) ?? null) : node;
	}

	/** With those of `<<`, of which each is taken unless there is one of its name. */
	function membersOf({ items }: YAMLMap, depth: number): Map<string, Node | null> {
		const members = new Map<string, Node | null>();
		const own = new Set<string>();
		for (const { key, value } of items as { key: Node; value: Node | null }[]) {
			if (!isScalar(key)) throw new Refusal(key, 'the name of a member must be text');
			const merged = isMerge(key) ? mergedOf(value, depth) : undefined;
			const added = merged?.filter(([name]) => !members.has(name)) ?? [[newName(key, own), value] as const];
			for (const [name, member] of added) members.set(name, member);
		}
		return members;
	}

	function mergedOf(node: Node | null, depth: number): [string, Node | null][] {
		const held = resolved(node, depth);
		if (isSeq(held)) return held.items.flatMap((item) => mergedOf(item as Node, depth + 1));
		if (!isMap(held)) throw new Refusal(node, '<< takes the members of an object, or of a list of objects');
		const members = [...membersOf(held, depth + 1)];
		count += members.length;
		return members;
	}
}

/** The parser would compare each name with all before it. */
function newName(key: Scalar, names: Set<string>): string {
	const name = keyOf(key);
	if (names.has(name)) throw new Refusal(key, 'this is not YAML: Map keys must be unique');
	names.add(name);
	return name;
}

function isMerge({ value, type }: Scalar): boolean {
	return typeof value === 'symbol' || (value === '<<' && type === 'PLAIN');
}

/** As it is written. */
export function keyOf({ value, source }: Scalar): string {
	return typeof value === 'string' ? value : (source ?? '');
}
