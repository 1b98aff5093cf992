// The writing end of a socket: one string write for small pieces, an own buffer for bulk, and back-pressure on the source.
import type { ByteSocket } from './byte-socket.js';
import { latin1 } from './latin1.js';
import { giveBuffer, READ_BYTES, takeBuffer } from './read-buffers.js';
import { queuedBytes } from './socket-reader.js';
import { SourcedOutlet } from './sourced-outlet.js';

/** Told when a socket takes no more bytes, and when it takes some again. */
export interface OutletOwner {
  onBlocked(): void;
  onUnblocked(): void;
}

/**
 * Writes what was read from one socket (`source`) to another.
 *
 * Small pieces become one latin1 string: faster than a Buffer, and safe with a shared read buffer, because Node copies what
 * the kernel does not take. Bulk is read into a buffer of this outlet, written as a view of it, and the source rests until
 * the view has left: so one connection holds at most one buffer, however slow its reader is.
 *
 * Invariant: while `isBlocked` a 'drain' will come or the socket closes.
 */
export class Outlet extends SourcedOutlet {
  readonly socket: ByteSocket;
  readonly #owner: OutletOwner;
  /** Pieces of this size leave as Buffer. From there on `write` answers false, so that 'drain' always follows. */
  readonly #bulkFrom: number;
  #bulk: Buffer | undefined = undefined;
  /** The message in bulk has ended: the buffer goes back as soon as it is written. */
  #isEnding = false;
  #queuedBytes = 0;

  constructor(socket: ByteSocket, owner: OutletOwner) {
    super();
    this.socket = socket;
    this.#owner = owner;
    this.#bulkFrom = socket.writableHighWaterMark;
    socket.on('drain', () => this.#onDrain());
  }

  /** The buffer that the source should read into while a bulk body passes; undefined = the shared one. */
  get readBuffer(): Buffer | undefined {
    // What comes after the pause must not overwrite what is on its way out.
    if (this.isBlocked && this.source?.encrypted === true) return undefined;
    return this.#isEnding ? undefined : this.#bulk;
  }

  /** Writes `bytes[from..to)`; the caller may overwrite them afterwards unless they are in {@link readBuffer}. */
  send(bytes: Buffer, from: number, to: number): void {
    if (to - from >= this.#bulkFrom) this.#sendBulk(bytes, from, to);
    else this.sendText(latin1(bytes, from, to));
  }

  /** Writes latin1 text: a head, or a head and the body bytes that came with it. */
  sendText(text: string): void {
    if (!this.socket.write(text, 'latin1') && this.socket.writableLength > 0) this.#block();
  }

  /** Writes a buffer that nobody will change. */
  sendOwned(bytes: Buffer): void {
    if (!this.socket.write(bytes) && this.socket.writableLength > 0) this.#block();
  }

  /** The message is over: its buffer goes back to the free list once it is written. */
  endMessage(): void {
    if (this.#bulk === undefined) return;
    this.#isEnding = true;
    if (!this.isBlocked) this.#giveBack();
  }

  /** While blocked: whether the peer took some bytes since the last question. */
  hasProgressed(): boolean {
    const queued = queuedBytes(this.socket);
    const hasMoved = queued < this.#queuedBytes;
    this.#queuedBytes = queued;
    return hasMoved;
  }

  #sendBulk(bytes: Buffer, from: number, to: number): void {
    if (this.isBlocked || to - from > READ_BYTES) {
      this.sendOwned(Buffer.from(bytes.subarray(from, to)));
      return;
    }
    this.#bulk ??= takeBuffer();
    const bulk = this.#bulk;
    if (bytes === bulk) {
      this.sendOwned(bulk.subarray(from, to));
    } else {
      bytes.copy(bulk, 0, from, to);
      this.sendOwned(bulk.subarray(0, to - from));
    }
  }

  #block(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.source?.pause();
    this.#queuedBytes = queuedBytes(this.socket);
    this.#owner.onBlocked();
  }

  #onDrain(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    if (this.#isEnding) this.#giveBack();
    if (this.source?.destroyed === false) this.source.resume();
    this.#owner.onUnblocked();
  }

  #giveBack(): void {
    this.#isEnding = false;
    if (this.#bulk !== undefined) giveBuffer(this.#bulk);
    this.#bulk = undefined;
  }
}
