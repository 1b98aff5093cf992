// One direction of a TCP relay: what one socket sends is written to the other, never more than one buffer ahead.

import type { ByteSocket } from '../../upstream/byte-socket.js';
import { type SocketReader, startReading } from '../../upstream/socket-reader.js';

/**
 * Size of a read buffer, shared or own. A little less than 64 KiB, the most that goes out as one packet to the device:
 * the bytes over it would be a packet of their own each time.
 */
const BUFFER_BYTES = 63 * 1024;
/** A read of this many bytes means bulk data: the flow gets a buffer of its own. */
const BULK_BYTES = 16 * 1024;
/** After this many small reads in a row it gives the buffer up again. */
const SMALL_READS = 16;
const SMALL_BYTES = 4096;

/**
 * All flows without a buffer of their own read into this one, so an idle connection holds no memory here.
 * Its bytes are written as latin1 strings, which Node copies: the next read may overwrite it.
 */
export const SHARED_BUFFER: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

/** Told what flows. */
export interface FlowOwner {
  /** Bytes arrived on `flow`. Called for every read. */
  onBytes(flow: Flow, length: number): void;
  /** The sender has sent its last byte (FIN). */
  onEnd(flow: Flow): void;
}

/**
 * Reads `from`, writes `to`. While a write has not been taken whole by the kernel nothing more is read,
 * so the sender feels the receiver's pace and at most one buffer is held.
 */
export class Flow implements SocketReader {
  readonly from: ByteSocket;
  readonly to: ByteSocket;
  readonly #owner: FlowOwner;
  #isWaiting = false;
  #own: Buffer | undefined = undefined;
  #smallReads = 0;
  #next: Buffer | undefined = undefined;
  /** Records of TLS (16 KiB at most) still come after a pause: never into a buffer that is on its way out. */
  readonly #mayOverrun: boolean;

  /** Nothing flows before both sockets are read into this flow and its counterpart. */
  constructor(from: ByteSocket, to: ByteSocket, owner: FlowOwner) {
    this.from = from;
    this.to = to;
    this.#owner = owner;
    this.#mayOverrun = from.encrypted === true;
    from.on('end', this.#onFromEnd);
  }

  /** Passes on an end that came before there was a flow; what comes before it must be written. */
  catchUp(): void {
    if (this.from.readableEnded) this.#onFromEnd();
  }

  #onFromEnd = (): void => {
    const { to } = this;
    // Both have sent their last byte and nothing waits to be written: a close sends the FIN as well as a shutdown does.
    // TLS has its own last word, which only an end says.
    const mayClose = to.readableEnded && to.writableLength === 0 && to.encrypted !== true;
    if (mayClose) to.destroy();
    else if (!to.destroyed) to.end();
    this.#owner.onEnd(this);
  };

  onRead(buffer: Buffer, length: number): void {
    const to = this.to;
    this.#owner.onBytes(this, length);
    // The receiver is gone and the sender does not know yet: nothing is left to do with its bytes.
    if (to.destroyed || to.writableEnded) return;
    if (buffer === this.#own) {
      to.write(buffer.subarray(0, length), this.#onWritten);
      this.#judgeOwn(length);
    } else if (length < BULK_BYTES || this.#mayOverrun) {
      to.write(buffer.toString('latin1', 0, length), 'latin1', this.#onWritten);
    } else {
      to.write(Buffer.from(buffer.subarray(0, length)), this.#onWritten);
      this.#own = Buffer.allocUnsafeSlow(BUFFER_BYTES);
      this.#next = this.#own;
    }
    if (to.writableLength > 0 && !this.#isWaiting) {
      this.#isWaiting = true;
      this.from.pause();
    }
  }

  nextBuffer(): Buffer | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  #judgeOwn(length: number): void {
    if (length >= SMALL_BYTES) {
      this.#smallReads = 0;
    } else if (++this.#smallReads === SMALL_READS) {
      this.#smallReads = 0;
      this.#own = undefined;
      this.#next = SHARED_BUFFER;
    }
  }

  /** Called for every write, also for those of a receiver that was destroyed: then the sender is read to its end. */
  #onWritten = (): void => {
    if (!this.#isWaiting || (this.to.writableLength > 0 && !this.to.destroyed)) return;
    this.#isWaiting = false;
    if (!this.from.destroyed) startReading(this.from);
  };
}
