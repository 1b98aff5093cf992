// Counters that only grow: of one member, and of a pool with everybody who was ever in it.

/** Answers by the class of their status, since the start. */
export interface AnswersByClass {
  readonly '1xx': number;
  readonly '2xx': number;
  readonly '3xx': number;
  readonly '4xx': number;
  readonly '5xx': number;
  /** Statuses of 600 and above. */
  readonly other: number;
}

/** Counts answers by the class of their status. */
export class AnswerCounter {
  /** By class; 0 = other. */
  readonly #counts: number[] = [0, 0, 0, 0, 0, 0];

  /** @param status - 100-999 */
  count(status: number): void {
    const statusClass = status < 600 ? (status / 100) | 0 : 0;
    this.#counts[statusClass]!++;
  }

  /** Takes over what another one counted. */
  add(other: AnswerCounter): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! += other.#counts[i]!;
  }

  /** The counts at this moment, frozen. */
  snapshot(): AnswersByClass {
    const [other = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0] = this.#counts;
    return Object.freeze({ '1xx': c1, '2xx': c2, '3xx': c3, '4xx': c4, '5xx': c5, other });
  }
}

/** What was counted of one member, or of all members of a pool together. */
export interface MemberTotals {
  /** Leases given. */
  readonly picked: number;
  /** Leases that ended as passive health counts failures: the four below, and answers of 5xx but 501 and 505. */
  readonly failed: number;
  /** Nothing could be sent: refused, unreachable, or no connection in time. */
  readonly connectFailed: number;
  /** Closed or reset before the answer was whole. */
  readonly reset: number;
  readonly timedOut: number;
  readonly malformed: number;
  /** The client left before the end. */
  readonly aborted: number;
  /** Requests and connections that went on to another member after a failure here. */
  readonly retriedAway: number;
  /** Bytes sent to the member. */
  readonly bytesIn: number;
  /** Bytes the member sent. */
  readonly bytesOut: number;
  /** Connections begun (for udp: sessions). */
  readonly dialled: number;
  /** Requests that took a connection which was there already. */
  readonly reused: number;
  readonly checksFailed: number;
  /** Times it went from up, or unknown, to down. */
  readonly wentDown: number;
  /** Time it was down, ms; an outage that goes on is in it. */
  readonly downMs: number;
  /** Whole answers by the class of their status; nothing for tcp and udp. */
  readonly answers: AnswersByClass;
}

/** The counters behind {@link MemberTotals}; one object for as long as its member lives. */
export class MemberCounters {
  picked = 0;
  failed = 0;
  connectFailed = 0;
  reset = 0;
  timedOut = 0;
  malformed = 0;
  aborted = 0;
  retriedAway = 0;
  bytesIn = 0;
  bytesOut = 0;
  dialled = 0;
  reused = 0;
  checksFailed = 0;
  wentDown = 0;
  /** Without an outage that goes on. */
  downMs = 0;
  readonly answers: AnswerCounter = new AnswerCounter();

  /** Takes over what another one counted. */
  add(other: MemberCounters): void {
    this.picked += other.picked;
    this.failed += other.failed;
    this.connectFailed += other.connectFailed;
    this.reset += other.reset;
    this.timedOut += other.timedOut;
    this.malformed += other.malformed;
    this.aborted += other.aborted;
    this.retriedAway += other.retriedAway;
    this.bytesIn += other.bytesIn;
    this.bytesOut += other.bytesOut;
    this.dialled += other.dialled;
    this.reused += other.reused;
    this.checksFailed += other.checksFailed;
    this.wentDown += other.wentDown;
    this.downMs += other.downMs;
    this.answers.add(other.answers);
  }

  /** The counters at this moment, frozen. @param downMs - of an outage that goes on */
  snapshot(downMs = 0): MemberTotals {
    const answers = this.answers.snapshot();
    return Object.freeze(Object.assign({}, this, { downMs: this.downMs + downMs, answers }));
  }
}
