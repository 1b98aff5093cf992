// The buffers that sockets are read into: one shared by all, and a free list for bodies in bulk.

/** Most bytes that one read brings. */
export const READ_BYTES = 65_536;
/** Most bytes that one read brings where heads are expected: what comes too early is kept for its client, so less is asked for. */
const HEAD_READ_BYTES = 16_384;
/** Room behind the read area, so that a head can be edited in place and a parser may write its sentinel. */
export const SLACK_BYTES = 8192;
/** Buffers of the free list that are kept while nobody uses them: 8 MiB. */
const KEPT_BUFFERS = 128;

/**
 * The buffer that all idle and small traffic is read into, with its slack.
 * Its bytes are valid during one `onRead` only. Never write a view of it to a socket.
 */
export const sharedBytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES + SLACK_BYTES);

/** The part of {@link sharedBytes} that sockets read into. */
export const sharedReadBuffer: Buffer = sharedBytes.subarray(0, READ_BYTES);

/** The part of {@link sharedReadBuffer} that heads are read into. */
export const headReadBuffer: Buffer = sharedBytes.subarray(0, HEAD_READ_BYTES);

/** The buffer that frames of HTTP/2 are read into: what they bring is written to the others while the rest of them waits. */
export const frameReadBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Second shared buffer, for bytes that were kept back and are looked at again while the first may be in use. */
export const scratchBytes: Buffer = Buffer.allocUnsafeSlow(2 * READ_BYTES + SLACK_BYTES);

const free: Buffer[] = [];

/** A buffer of {@link READ_BYTES} of one's own; give it back with {@link giveBuffer}. */
export function takeBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
}

/** Takes a buffer back that no socket reads into or writes from any more. */
export function giveBuffer(buffer: Buffer): void {
  if (free.length < KEPT_BUFFERS) free.push(buffer);
}

/**
 * The bytes that were read, where a head among them can be edited: as they lie if they are in the shared buffer,
 * else a copy in the scratch buffer. `before` goes in front of them.
 */
export function editable(buffer: Buffer, length: number, before?: Buffer): Buffer {
  const isShared = buffer === headReadBuffer || buffer === sharedReadBuffer;
  if (before === undefined && isShared) return sharedBytes;
  const offset = before?.length ?? 0;
  const needed = offset + length + SLACK_BYTES;
  const bytes = needed <= scratchBytes.length ? scratchBytes : Buffer.allocUnsafeSlow(needed);
  before?.copy(bytes);
  buffer.copy(bytes, offset, 0, length);
  return bytes;
}
