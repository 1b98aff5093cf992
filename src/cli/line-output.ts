// Lines to a reader that may be slow, or stuck: the balancer never waits for it.
import { type Clock, sleep } from '../core/clock.js';

/** Bytes that may wait for the reader; lines beyond them are dropped and counted. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** How long the program's end waits for the reader to take what is left, ms. */
const FLUSH_MS = 1000;

/** The part of a standard stream that this file needs. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string): unknown;
}

/** Writes lines to a pipe, file or terminal. */
export class LineOutput {
  readonly #stream: LineStream;
  #dropped = 0;

  constructor(stream: LineStream) {
    this.#stream = stream;
    if (stream.isTTY !== true) unblock(stream);
  }

  /** Lines that a stuck reader has cost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes the line and its end, or drops it. */
  write(line: string): void {
    if (this.#stream.writableLength > MAX_WAITING_BYTES) this.#dropped++;
    else this.#stream.write(`${line}\n`);
  }

  /** Resolves with true when everything is written, with false when the reader is stuck. */
  async flush(clock: Clock): Promise<boolean> {
    const deadline = clock.now() + FLUSH_MS;
    while (this.#stream.writableLength > 0 && clock.now() < deadline) await sleep(clock, 20);
    return this.#stream.writableLength === 0;
  }
}

/**
 * Node writes to pipes synchronously on POSIX: a reader that stops reading would stop every connection.
 * There is no public call for this; where the handle is missing, writes stay as they are.
 */
function unblock(stream: LineStream & { _handle?: { setBlocking?(on: boolean): unknown } }): void {
  stream._handle?.setBlocking?.(false);
}
