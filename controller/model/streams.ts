/** The types of the streams that callers of the library get and give: those of Node, types alone. */

export type { Socket } from 'node:net';
export type { Duplex, Readable, Stream, Writable } from 'node:stream';
