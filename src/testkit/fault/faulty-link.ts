// One direction between two points: holds back what passes as long as its faults say. Holds no socket.
import type { ClockTimer } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import type { LinkFaults } from './fault-spec.js';

/** Bytes that may wait in one direction of one connection before its source is asked to rest. */
export const MAX_WAITING_BYTES: number = 1024 * 1024;

/** Where the bytes go. */
export interface LinkSink {
  deliver(bytes: Buffer): void;
  /** The source has ended, and everything before it was delivered. */
  onEnd(): void;
  /** There is room again, after {@link FaultyLink.isFull}. */
  onDrain(): void;
  /** `closeAfter` bytes have passed. */
  onLimit(): void;
}

interface Piece {
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
}

/** A stream in one direction: delayed, throttled, cut into pieces, held or ended; never out of order, nothing lost. */
export class FaultyLink {
  readonly #environment: Environment;
  readonly #sink: LinkSink;
  #faults: LinkFaults;
  #waiting: Piece[] = [];
  #waitingBytes = 0;
  #passedBytes = 0;
  /** When the last piece is due, ms. */
  #lastDueMs = 0;
  /** When the line is free again, ms: what bandwidth means. */
  #freeMs = 0;
  #timer: ClockTimer | undefined;
  #wasFull = false;
  #isClosed = false;

  constructor(faults: LinkFaults, environment: Environment, sink: LinkSink) {
    this.#faults = faults;
    this.#environment = environment;
    this.#sink = sink;
  }

  /** Whether the source should rest until `onDrain`. */
  get isFull(): boolean {
    return this.#waitingBytes >= MAX_WAITING_BYTES;
  }

  /** Other faults from now on; what waits already keeps its time. */
  set(faults: LinkFaults): void {
    this.#faults = faults;
    this.#pump();
  }

  send(bytes: Buffer): void {
    const { sliceBytes, sliceMs } = this.#faults;
    const step = Math.min(bytes.length, sliceBytes);
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      this.#add(piece, this.#dueOf(piece.length, at === 0 ? 0 : sliceMs));
    }
    if (this.isFull) this.#wasFull = true;
    this.#pump();
  }

  /** The source has ended. */
  end(): void {
    this.#add(undefined, this.#dueOf(0, 0));
    this.#pump();
  }

  /** Forgets what waits. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#waiting = [];
  }

  #add(bytes: Buffer | undefined, dueMs: number): void {
    this.#waiting.push({ bytes, dueMs });
    this.#waitingBytes += bytes?.length ?? 0;
  }

  #dueOf(length: number, gapMs: number): number {
    const { latencyMs, jitterMs, bytesPerSecond } = this.#faults;
    const { clock, random } = this.#environment;
    const now = clock.now();
    this.#freeMs = Math.max(this.#freeMs, now) + (length / bytesPerSecond) * 1000;
    const swing = jitterMs === 0 ? 0 : jitterMs * (2 * random.next() - 1);
    const dueMs = this.#freeMs + Math.max(0, latencyMs + swing);
    this.#lastDueMs = Math.max(dueMs, this.#lastDueMs + gapMs);
    return this.#lastDueMs;
  }

  #pump(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#faults.isBlackhole) return;
    const { clock } = this.#environment;
    let sent = 0;
    for (const piece of this.#waiting) {
      // Timers of the runtime cut fractions off: what is due within a ms is due.
      if (piece.dueMs > clock.now() + 1) break;
      sent++;
      this.#pass(piece);
      if (this.#isClosed) return;
    }
    if (sent > 0) this.#waiting.splice(0, sent);
    if (this.#wasFull && !this.isFull) {
      this.#wasFull = false;
      this.#sink.onDrain();
    }
    const [next] = this.#waiting;
    if (next !== undefined && this.#timer === undefined)
      this.#timer = clock.schedule(Math.max(0, next.dueMs - clock.now()), () => this.#pump());
  }

  #pass({ bytes }: Piece): void {
    if (bytes === undefined) {
      this.#sink.onEnd();
      return;
    }
    this.#waitingBytes -= bytes.length;
    const room = this.#faults.closeAfterBytes - this.#passedBytes;
    const passing = bytes.length > room ? bytes.subarray(0, Math.max(0, room)) : bytes;
    this.#passedBytes += passing.length;
    if (passing.length > 0) this.#sink.deliver(passing);
    if (this.#passedBytes >= this.#faults.closeAfterBytes) this.#sink.onLimit();
  }
}
