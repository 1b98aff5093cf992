// How much a client of HTTP/2 may send that brings nothing along: frames are cheap to write, and cost those who read them.

/** Frames are counted over so long, ms. */
const PERIOD_MS = 10_000;
/** Frames about the connection (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown ones): so many are never too many. */
const FREE_FRAMES = 10_000;
/** For each frame of an answer that was sent to the client, it may give back this many windows and the like. */
const FRAMES_PER_SENT = 4;
/** And one more for so many bytes: some clients give a window back for each 4 KiB that they read, of the stream and of the connection. */
const BYTES_PER_FRAME = 1024;
/** Faults that cost one stream each, and DATA frames without data. */
const FREE_FAULTS = 100;

/** What was sent to the client so far. */
export interface Sent {
  /** HEADERS, and pieces of DATA that no window has cut short. */
  readonly answerFrames: number;
  /** Of all frames. */
  readonly bytesOut: number;
}

/** Counts for one connection, over the present period. */
export class FloodBudget {
  readonly #sent: Sent;
  #endsAtMs = 0;
  #frames = 0;
  #faults = 0;
  #earnedBefore = 0;

  constructor(sent: Sent) {
    this.#sent = sent;
  }

  /** A frame about the connection: whether that is one too many. */
  onFrame(nowMs: number): boolean {
    this.#turn(nowMs);
    this.#frames++;
    return this.#frames > FREE_FRAMES + this.#earned() - this.#earnedBefore;
  }

  /** A fault of the client: whether that is one too many. */
  onFault(nowMs: number): boolean {
    this.#turn(nowMs);
    this.#faults++;
    return this.#faults > FREE_FAULTS;
  }

  /** Frames that all answers so far are good for. */
  #earned(): number {
    const { answerFrames, bytesOut } = this.#sent;
    return FRAMES_PER_SENT * answerFrames + bytesOut / BYTES_PER_FRAME;
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#endsAtMs) return;
    this.#endsAtMs = nowMs + PERIOD_MS;
    this.#frames = 0;
    this.#faults = 0;
    this.#earnedBefore = this.#earned();
  }
}
