/**
 * The reference for the faults of a JSON text itself: bytes in, value out, or the pointer of the fault. JSON.parse
 * takes repeated members and gives no pointers, so only the scalars are left to it.
 */

export class JsonFault extends Error {
	readonly pointer: string;

	constructor(pointer: string, message: string) {
		super(message);
		this.pointer = pointer;
	}
}

/** Throws a JsonFault. */
export function readJson(bytes: Uint8Array): unknown {
	return new Reader(bytes).text();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Where what is read must be: each item of `path` is a member or an index. */
class Reader {
	private readonly source: string;
	private at = 0;
	private readonly path: (string | number)[] = [];

	constructor(bytes: Uint8Array) {
		// a character a byte: nothing in the grammar outside of strings is more than one
		this.source = Buffer.from(bytes).toString('latin1');
	}

	text(): unknown {
		const value = this.value();
		this.space();
		if (this.at < this.source.length) this.fail('something follows the value');
		return value;
	}

	private value(): unknown {
		if (this.next('{')) return this.object();
		if (this.next('[')) return this.array();
		return this.scalar(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[-+.\w]+/y);
	}

	private object(): unknown {
		const members = new Map<string, unknown>();
		if (this.next('}')) return {};
		do {
			const name = this.name();
			this.path.push(name);
			if (members.has(name)) this.fail('is given twice');
			if (!this.next(':')) this.fail('a colon is missing');
			members.set(name, this.value());
			this.path.pop();
		} while (this.next(','));
		if (!this.next('}')) this.fail('a comma or the end of the object is missing');
		return Object.fromEntries(members); // also __proto__ becomes a member like any other
	}

	private array(): unknown {
		const items: unknown[] = [];
		if (this.next(']')) return items;
		do {
			this.path.push(items.length);
			items.push(this.value());
			this.path.pop();
		} while (this.next(','));
		if (!this.next(']')) this.fail('a comma or the end of the array is missing');
		return items;
	}

	/** What is no text for C is a fault of the object here, before a pointer could hold it; in values the schema says so. */
	private name(): string {
		const name = this.scalar(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y) as string;
		if (name.includes('\0') || /\p{Cs}/u.test(name)) this.fail('a name is no text');
		return name;
	}

	private scalar(token: RegExp): unknown {
		this.space();
		token.lastIndex = this.at;
		const found = token.exec(this.source)?.[0];
		if (found === undefined) this.fail('there is no value');
		this.at += found.length;
		try {
			return JSON.parse(utf8.decode(Buffer.from(found, 'latin1')));
		} catch (cause) {
			this.fail((cause as Error).message);
		}
	}

	private next(character: string): boolean {
		this.space();
		if (this.source[this.at] !== character) return false;
		this.at++;
		return true;
	}

	private space(): void {
		while (' \t\n\r'.includes(this.source[this.at] ?? 'end')) this.at++;
	}

	private fail(why: string): never {
		const tokens = this.path.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`);
		throw new JsonFault(tokens.join(''), why);
	}
}
