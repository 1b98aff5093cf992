// Reads sockets into buffers of our choice (`onread`), also accepted ones: the fastest way Node has to receive bytes.
import net from 'node:net';
import type { DuplexOptions } from 'node:stream';
import type { ByteSocket } from './byte-socket.js';

/** Receives the bytes of one socket. */
export interface SocketReader {
  /**
   * The buffer for the reads to come; undefined = go on with the present one. Asked after every read.
   */
  nextBuffer(): Buffer | undefined;
  /**
   * `buffer[0..length)` has arrived. With a shared buffer the bytes are valid during the call only:
   * never write a view of it to a socket, the next read overwrites it under back-pressure.
   */
  onRead(buffer: Buffer, length: number): void;
}

/** Where a socket finds its present reader; assign `reader` to hand the socket to the next stage. */
export class ReaderSlot {
  reader: SocketReader;
  constructor(reader: SocketReader) {
    this.reader = reader;
  }
}

/** Bytes that wait in a socket before `write` answers false; 64 KiB from Node 22 on if not said. */
export const WRITE_MARK = 16_384;

/** Node's `onread`: where reads go, and who hears of them. */
export interface OnReadOptions {
  buffer: () => Buffer | undefined;
  callback: (length: number, buffer: Uint8Array) => boolean;
}

type SocketDefaults = net.SocketConstructorOpts & DuplexOptions;

/**
 * What `net.Socket` writes into a copy of its options. With the properties there already, Node 20 spares
 * each socket a new hidden class and the cache misses that it brings: 10-20 us. To be spread last: first costs the same again.
 */
export const SOCKET_DEFAULTS: SocketDefaults = {
  allowHalfOpen: true,
  emitClose: false,
  autoDestroy: true,
  decodeStrings: false,
  writableHighWaterMark: WRITE_MARK,
};

/** `net.Socket` options that exist but are not documented. */
interface HandleOptions extends net.SocketConstructorOpts {
  manualStart: true;
  handle: unknown;
  onread: OnReadOptions;
}

/** Reads into `first`, then into what the reader says. */
export function onReadOptions(slot: ReaderSlot, first: Buffer): OnReadOptions {
  let current = first;
  let hasRead = false;
  return {
    // Asked when the handle is set up, and after every read: there, undefined spares Node registering the same buffer again.
    buffer: () => {
      if (!hasRead) return current;
      const next = slot.reader.nextBuffer();
      if (next === undefined || next === current) return undefined;
      current = next;
      return next;
    },
    callback: (length, buffer) => {
      hasRead = true;
      slot.reader.onRead(buffer as Buffer, length);
      return true;
    },
  };
}

/**
 * A socket around an accepted handle (`allowHalfOpen`), whose bytes go to `slot.reader` from `startReading` on.
 * It rests on undocumented parts of Node: `accept.ts` finds out whether they work.
 */
export function wrapHandle(handle: object, slot: ReaderSlot, first: Buffer): net.Socket {
  const options: HandleOptions = {
    handle,
    // Without it the constructor begins to read, before anybody listens: an end that comes at once would be lost.
    manualStart: true,
    onread: onReadOptions(slot, first),
    ...SOCKET_DEFAULTS,
  };
  return new net.Socket(options);
}

/** A socket around an accepted handle that somebody else reads: what TLS is put on where it can't take the handle itself. */
export function wrapBare(handle: object): net.Socket {
  const options = { handle, manualStart: true, ...SOCKET_DEFAULTS };
  return new net.Socket(options);
}

/**
 * The same for a socket that exists: each chunk is copied into the reader's buffer, in pieces that fit.
 * The slower way, for Node versions on which `wrapHandle` does not work.
 */
export function feedFromData(socket: net.Socket, slot: ReaderSlot, first: Buffer): void {
  let buffer = first;
  socket.pause();
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && !socket.destroyed; ) {
      const length = chunk.copy(buffer, 0, at);
      at += length;
      slot.reader.onRead(buffer, length);
      buffer = slot.reader.nextBuffer() ?? buffer;
    }
  });
}

/** Begins (or goes on) to read a socket that has a reader. */
export function startReading(socket: ByteSocket): void {
  const isFresh = socket instanceof net.Socket && !socket.isPaused();
  // Not `resume`, which would leave it to the next turn; 'data' events begin with that alone.
  if (isFresh && socket.listenerCount('data') === 0) socket.read(0);
  else socket.resume();
}

/** The part of a socket's handle that counts what the kernel has not taken yet. */
interface QueueCounter {
  readonly writeQueueSize?: number;
  /** Of TLS: the TCP handle below. */
  readonly _parent?: { readonly writeQueueSize?: number };
}

/** Bytes written to a socket that the kernel has not taken: it shrinks as the peer reads, 'drain' comes at the end only. */
export function queuedBytes(socket: ByteSocket): number {
  const { queuedBytes: own } = socket;
  if (own !== undefined) return own;
  const handle = (socket as unknown as { readonly _handle?: QueueCounter | null })._handle;
  if (handle?.writeQueueSize === undefined) return socket.writableLength;
  if (handle._parent === undefined) return handle.writeQueueSize;
  return queuedOf(handle.writeQueueSize, handle._parent.writeQueueSize ?? 0, socket.writableLength);
}

/** The same of TLS. What was written and is not sealed yet counts as more than it will be: all of it is still to come. */
export function queuedOf(sealed: number, below: number, unsealed: number): number {
  return sealed + below === 0 && unsealed > 0 ? Number.POSITIVE_INFINITY : sealed + below;
}
