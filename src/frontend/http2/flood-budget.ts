// How much a client of HTTP/2 may send that brings nothing along: frames are cheap to write, and cost those who read them.

/** Frames are counted over so long, ms. */
const PERIOD_MS = 10_000;
/** Frames about the connection (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown ones): so many are never too many. */
const FREE_FRAMES = 10_000;
/** For each frame that was sent to the client, it may give back this many windows and the like. */
const FRAMES_PER_SENT = 4;
/** Faults that cost one stream each, and DATA frames without data. */
const FREE_FAULTS = 100;

/** Counts for one connection, over the present period. */
export class FloodBudget {
  #endsAtMs = 0;
  #frames = 0;
  #faults = 0;
  #sentBefore = 0;

  /** A frame about the connection: whether that is one too many. @param sentFrames - frames that were sent to the client so far */
  onFrame(nowMs: number, sentFrames: number): boolean {
    this.#turn(nowMs, sentFrames);
    this.#frames++;
    return this.#frames > FREE_FRAMES + FRAMES_PER_SENT * (sentFrames - this.#sentBefore);
  }

  /** A fault of the client: whether that is one too many. */
  onFault(nowMs: number, sentFrames: number): boolean {
    this.#turn(nowMs, sentFrames);
    this.#faults++;
    return this.#faults > FREE_FAULTS;
  }

  #turn(nowMs: number, sentFrames: number): void {
    if (nowMs < this.#endsAtMs) return;
    this.#endsAtMs = nowMs + PERIOD_MS;
    this.#frames = 0;
    this.#faults = 0;
    this.#sentBefore = sentFrames;
  }
}
