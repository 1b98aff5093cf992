// The one timer of a stream: what it runs for while its request is in flight, and what happens when the time is up.
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../../core/timer-wheel.js';
import type { AnswerStatus } from '../http/answers.js';
import type { Exchange } from '../http/exchange.js';
import type { HttpSettings } from '../http/http-settings.js';
import type { Http2Answer } from './http2-answer.js';
import type { RequestPhase } from './request-phase.js';

/** A stream's request, as its timer sees it. */
export interface TimedRequest {
  readonly phase: RequestPhase;
  readonly settings: HttpSettings;
  readonly answer: Http2Answer;
  readonly exchange: Exchange;
  /** It did not get done in time. */
  failExchange(status: AnswerStatus): void;
  /** The client does not take what was written. */
  onClientStuck(): void;
}

/** Runs for one thing at a time; `total` bounds whatever it is. Most requests are over before it is armed. */
export class RequestTimer implements DeadlineOwner {
  readonly #request: TimedRequest;
  readonly #wheel: TimerWheel;
  #timer: WheelTimer | undefined = undefined;
  /** Monotonic ms at which the request must be done. */
  #totalDeadlineMs: number = Number.POSITIVE_INFINITY;

  constructor(request: TimedRequest, wheel: TimerWheel) {
    this.#request = request;
    this.#wheel = wheel;
  }

  /** The request has begun. */
  start(): void {
    this.#totalDeadlineMs = this.#wheel.nowMs + this.#request.settings.totalMs;
  }

  /** The request has less time than the frontend gives. */
  limitTotal(totalMs: number): void {
    this.#totalDeadlineMs = Math.min(this.#totalDeadlineMs, this.#wheel.nowMs + totalMs);
  }

  /** It is the client's turn to send, or to take. */
  awaitClient(): void {
    this.#arm(this.#request.settings.timeouts.client);
  }

  /** Time runs for the client only while it is its turn. */
  awaitExchange(): void {
    const { phase, answer, exchange } = this.#request;
    if (exchange.phase === 'paused') return; // it runs for the next try
    if (answer.isBlocked || (phase === 'body' && exchange.takesBody)) this.awaitClient();
    else if (this.#totalDeadlineMs !== Number.POSITIVE_INFINITY) this.#arm(this.#totalDeadlineMs);
    else this.#timer?.disarm();
  }

  /** The pause between two tries. */
  awaitWake(delayMs: number): void {
    this.#arm(delayMs);
  }

  /** The answer is written; what of it has not left yet is the client's to take. */
  awaitFlush(): void {
    this.#totalDeadlineMs = Number.POSITIVE_INFINITY;
    this.awaitClient();
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #arm(delayMs: number): void {
    const leftMs = this.#totalDeadlineMs - this.#wheel.nowMs;
    this.#timer ??= new WheelTimer(this.#wheel, this);
    this.#timer.arm(Math.max(0, Math.min(delayMs, leftMs)));
  }

  onDeadline(): void {
    const { phase, answer, exchange } = this.#request;
    if (phase === 'done') this.#look();
    else if (this.#totalDeadlineMs <= this.#wheel.nowMs) this.#request.failExchange(504);
    else if (exchange.phase === 'paused') this.#wake();
    else if (answer.isBlocked) this.#look();
    else if (phase === 'body' && exchange.takesBody) this.#request.failExchange(408);
    else this.awaitExchange();
  }

  #wake(): void {
    const { exchange } = this.#request;
    exchange.onWake();
    if (exchange.phase !== 'idle') this.awaitExchange();
  }

  #look(): void {
    if (this.#request.answer.hasProgressed()) this.awaitClient();
    else this.#request.onClientStuck();
  }
}
