/** A YAML or JSON file with the place of everything in it. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { unescapeToken } from '../../model/pointer.js';

type Parsed = ReturnType<typeof parseDocument>;

/** Lines and columns count from 1. */
export interface Place {
	file: string;
	line: number;
	column: number;
}

/** What is wrong there, and what was expected. */
export interface Mistake extends Place {
	message: string;
}

export interface Document {
	file: string;
	/** `undefined` where it cannot be read at all. */
	value: unknown;
	mistakes: Mistake[];
	/** Of the value at a JSON pointer, or of its name; of what holds it, where it is not there. */
	placeOf(pointer: string, part?: 'name' | 'value'): Place;
	has(pointer: string): boolean;
}

export function readDocument(text: string, file: string): Document {
	const lines = new LineCounter();
	const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
	const at = (offset: number): Place => {
		const { line, col } = lines.linePos(Math.min(offset, text.length));
		return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
	};
	const mistakes = [...parsed.errors, ...parsed.warnings, ...danglingAliases(parsed)].map(({ message, pos }) => ({
		...at(pos[0]),
		message: `this is not YAML: ${message}`,
	}));
	let value: unknown;
	try {
		if (mistakes.length === 0) value = parsed.toJS();
	} catch (error) {
		mistakes.push({ ...at(0), message: `this is not YAML: ${(error as Error).message}` }); // too many aliases
	}
	const find = (pointer: string) => walk(parsed.contents, pointer.split('/').slice(1).map(unescapeToken), parsed);
	return {
		file,
		value,
		mistakes,
		placeOf(pointer, part = 'value') {
			const { name, node } = find(pointer);
			const shown = part === 'name' ? (name ?? node) : (node ?? name);
			return at(shown?.range?.[0] ?? 0);
		},
		has: (pointer) => find(pointer).complete,
	};
}

function danglingAliases(parsed: Parsed): { message: string; pos: [number] }[] {
	const found: { message: string; pos: [number] }[] = [];
	visit(parsed, {
		Alias(_, alias) {
			if (alias.resolve(parsed) === undefined)
				found.push({ message: `no anchor &${alias.source} stands before this`, pos: [alias.range?.[0] ?? 0] });
		},
	});
	return found;
}

interface Found {
	/** The key, in a map. */
	name: Node | null;
	node: Node | null;
	/** All of the path is there. */
	complete: boolean;
}

function walk(node: Node | null, path: string[], holder: Parsed): Found {
	let found: Found = { name: null, node, complete: true };
	for (const token of path) {
		const next = memberOf(isAlias(found.node) ? (found.node.resolve(holder) ?? null) : found.node, token);
		if (next === undefined) return { ...found, complete: false };
		found = { ...next, complete: true };
	}
	return found;
}

function memberOf(node: Node | null, token: string): Omit<Found, 'complete'> | undefined {
	if (isSeq(node)) {
		const item = node.items[Number(token)] as Node | undefined;
		return item && { name: null, node: item };
	}
	if (!isMap(node)) return undefined;
	const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === token);
	return pair && { name: pair.key as Node, node: pair.value as Node | null };
}
