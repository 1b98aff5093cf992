// Frames pieces of a body that comes without framing, for HTTP/1.1.
import { writeLatin1 } from './latin1.js';
import { READ_BYTES, sharedBytes } from './read-buffers.js';

/** Payload of one chunk at most: with its size and line ends it fits the shared buffer. */
export const CHUNK_BYTES: number = READ_BYTES - 16;

/** Writes `piece[from..to)` as one chunk to the beginning of the shared buffer; how long it is. */
export function frameChunk(piece: Buffer, from: number, to: number): number {
  let at = writeLatin1(sharedBytes, `${(to - from).toString(16)}\r\n`, 0);
  at += piece.copy(sharedBytes, at, from, to);
  return at + writeLatin1(sharedBytes, '\r\n', at);
}
