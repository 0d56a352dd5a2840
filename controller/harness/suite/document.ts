/** A YAML or JSON file with the place of everything in it. */
import {
	Composer,
	isAlias,
	isMap,
	isScalar,
	isSeq,
	Lexer,
	LineCounter,
	type Node,
	Parser,
	visit,
	type Document as YamlDocument,
} from 'yaml';
import { unescapeToken } from '../../model/pointer.js';
import { type Content, contentOf, deepest, keyOf, Refusal } from './content.js';

/** Characters. */
const longest = 2 ** 20;

/** Lines and columns count from 1. */
export interface Place {
	file: string;
	line: number;
	column: number;
}

/** The first and the last, counted from 1. */
export interface Lines {
	first: number;
	last: number;
}

/** What is wrong there, and what was expected. */
export interface Mistake extends Place {
	message: string;
	/** The case, or the combination of its matrix, in which it shows. */
	of?: object;
}

export interface Document extends Content {
	file: string;
	mistakes: Mistake[];
	/** Of the value at a JSON pointer, or of its name; of what holds it, where it is not there. */
	placeOf(pointer: string, part?: 'name' | 'value'): Place;
	/** Those of the value at a JSON pointer. */
	linesOf(pointer: string): Lines;
	has(pointer: string): boolean;
}

export function readDocument(text: string, file: string): Document {
	const lines = new LineCounter();
	const at = (offset: number): Place => {
		const { line, col } = lines.linePos(Math.min(offset, text.length));
		return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
	};
	const parsed = parsedOf(text, lines);
	const { root, targets, errors } = 'message' in parsed ? { root: null, targets: new Map(), errors: [parsed] } : parsed;
	const mistakes = errors.map(({ message, offset }) => ({ ...at(offset), message }));
	let content: Content = { value: undefined, typed: new Map() };
	try {
		if (mistakes.length === 0) content = contentOf(root, targets);
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		mistakes.push({ ...at(error.node?.range?.[0] ?? 0), message: error.message });
	}
	const find = (pointer: string) => walk(root, pointer.split('/').slice(1).map(unescapeToken), targets);
	return {
		file,
		...content,
		mistakes,
		placeOf(pointer, part = 'value') {
			const { name, node } = find(pointer);
			const shown = part === 'name' ? (name ?? node) : (node ?? name);
			return at(shown?.range?.[0] ?? 0);
		},
		linesOf(pointer) {
			const [start, end] = find(pointer).node?.range ?? [0, 0];
			// a block ends behind the line feed of its last line
			const last = start + text.slice(start, end).trimEnd().length - 1;
			return { first: at(start).line, last: at(Math.max(start, last)).line };
		},
		has: (pointer) => find(pointer).complete,
	};
}

interface Problem {
	message: string;
	offset: number;
}

interface Tree {
	root: Node | null;
	/** What each alias stands for. */
	targets: ReadonlyMap<Node, Node>;
	errors: Problem[];
}

/** The first problem stands for all where the text is not looked at to its end. */
function parsedOf(text: string, lines: LineCounter): Tree | Problem {
	if (text.length > longest)
		return { message: `a suite has at most ${longest} characters, and this is longer`, offset: 0 };
	const parser = new Parser(lines.addNewLine);
	const tokens = [];
	lines.addNewLine(0);
	for (const lexeme of new Lexer().lex(text)) {
		tokens.push(...parser.next(lexeme));
		// what composes the tokens calls itself for each level
		if (parser.stack.length > deepest)
			return { message: `this is nested more than ${deepest} deep`, offset: parser.offset };
	}
	tokens.push(...parser.end());
	const options = { prettyErrors: false, merge: true, resolveKnownTags: false, uniqueKeys: false };
	const [document, another] = [...new Composer(options).compose(tokens, true, text.length)];
	const errors = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
	const problems = errors.map(({ message, pos }) => ({ message: `this is not YAML: ${message}`, offset: pos[0] }));
	if (another) problems.push({ message: 'this is a second document, and a suite is one', offset: another.range[0] });
	if (document?.directives?.yaml.version !== '1.2' && document?.directives?.yaml.explicit)
		problems.push({ message: 'a suite is YAML 1.2: leave %YAML out', offset: 0 });
	if (!document) return { root: null, targets: new Map(), errors: problems };
	const { targets, dangling } = aliasesOf(document);
	return { root: document.contents, targets, errors: [...problems, ...dangling] };
}

/** An anchor may be given again: an alias stands for the last one before it. */
function aliasesOf(document: YamlDocument): { targets: Map<Node, Node>; dangling: Problem[] } {
	const anchors = new Map<string, Node>();
	const targets = new Map<Node, Node>();
	const dangling: Problem[] = [];
	visit(document, {
		Node(_, node) {
			if (!isAlias(node)) {
				if (node.anchor !== undefined) anchors.set(node.anchor, node);
				return;
			}
			const target = anchors.get(node.source);
			if (target) targets.set(node, target);
			else
				dangling.push({
					message: `this is not YAML: no anchor &${node.source} stands before this`,
					offset: node.range?.[0] ?? 0,
				});
		},
	});
	return { targets, dangling };
}

interface Found {
	/** The key, in a map. */
	name: Node | null;
	node: Node | null;
	/** All of the path is there. */
	complete: boolean;
}

function walk(node: Node | null, path: string[], targets: ReadonlyMap<Node, Node>): Found {
	let found: Found = { name: null, node, complete: true };
	for (const token of path) {
		const next = memberOf(isAlias(found.node) ? (targets.get(found.node) ?? null) : found.node, token);
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
	const pair = node.items.find(({ key }) => isScalar(key) && keyOf(key) === token);
	return pair && { name: pair.key as Node, node: pair.value as Node | null };
}
