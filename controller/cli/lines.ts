/** Bytes that come in pieces, as lines; of one that is too long nothing is kept. */

/** `undefined` stands for a line of more than `longest` bytes. What comes behind the last line feed is a line too. */
export async function* linesOf(
	chunks: AsyncIterable<Buffer>,
	longest: number,
): AsyncGenerator<Buffer | undefined, void, undefined> {
	let parts: Buffer[] = [];
	let length = 0;
	const add = (part: Buffer) => {
		length += part.length;
		if (length > longest) parts = [];
		else parts.push(part);
	};
	const take = () => {
		const line = length > longest ? undefined : Buffer.concat(parts);
		[parts, length] = [[], 0];
		return line;
	};
	for await (const chunk of chunks) {
		let from = 0;
		for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
			add(chunk.subarray(from, at));
			from = at + 1;
			yield take();
		}
		add(chunk.subarray(from));
	}
	if (length > 0) yield take();
}
