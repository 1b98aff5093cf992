// The tries of one request: on whom, what went wrong last, and whether another one is worth it.
import type { Member } from '../../model/member.js';
import type { Pool } from '../../pool/pool.js';
import type { RetryPolicy } from '../../pool/retry-policy.js';
import type { RetryCondition } from '../../spec/config.js';
import type { FrontendContext } from '../handler.js';
import type { AnswerStatus } from './answers.js';
import type { RequestState } from './request-state.js';

/** Members that close their connections all the time are as good as gone. */
const MAX_REFUSALS = 16;

/** One record per client connection or stream, begun anew for every request. */
export class Tries {
  /** Members that were asked. */
  count = 0;
  /** A kept connection closed as it was used, or took no more: repeats that do not count. */
  #repeats = 0;
  /** What to answer if no further try is made. */
  failure: AnswerStatus = 503;
  #reason = '';
  #policy: RetryPolicy | undefined = undefined;
  readonly #context: FrontendContext;
  readonly #request: RequestState;

  constructor(context: FrontendContext, request: RequestState) {
    this.#context = context;
    this.#request = request;
  }

  /** A new request, which goes by `policy`. */
  begin(policy: RetryPolicy): void {
    const { tried } = this.#request;
    this.count = 0;
    this.#repeats = 0;
    this.failure = 503;
    this.#policy = policy;
    if (tried.length > 0) tried.length = 0;
    policy.onRequest(this.#context.wheel.nowMs);
  }

  /**
   * Whether to repeat on the same member what its connection did not carry to an answer; a `true` has been used.
   * @param isRefused - the member said that it did not act on it: once more can do no harm
   */
  mayRepeat(isRefused: boolean): boolean {
    return this.#repeats++ < (isRefused ? MAX_REFUSALS : 1);
  }

  /** Whether any status is worth another try. */
  get mindsStatuses(): boolean {
    return this.#policy?.mindsStatuses === true;
  }

  /** A try on `member` has failed. @param status - to answer if it was the last */
  fail(member: Member, reason: string, status: AnswerStatus): void {
    this.#request.tried.push(member);
    this.#reason = reason;
    this.failure = status;
  }

  /** What was told with `fail` just now is passed on after all. */
  undoFail(): void {
    this.#request.tried.pop();
  }

  /** Whether to try once more; a `true` has paid for it. */
  allow(condition: RetryCondition): boolean {
    return this.#policy?.allows(condition, this.count, this.#context.wheel.nowMs) === true;
  }

  /** The try that was allowed is not made. */
  refund(): void {
    this.#policy?.refund(this.#context.wheel.nowMs);
  }

  /** Before the next try, ms. Where nobody is left to try it comes to nothing: it costs no time then, and nothing else. */
  pauseMs(pool: Pool): number {
    if (!pool.hasUntried(this.#request)) {
      this.refund();
      return 0;
    }
    return this.#policy?.backoffMs(this.count, this.#context.environment.random) ?? 0;
  }

  /**
   * `reset after 2 tries: web-1, web-2`. For logs only: clients are told of no member.
   * @param reason - why there is no further try
   * @param member - is asked now
   */
  describe(reason: string = this.#reason, member?: Member): string {
    const names = this.#request.tried.map(({ name }) => name);
    if (member !== undefined) names.push(member.name);
    if (names.length === 0) return reason;
    return `${reason} after ${names.length} ${names.length === 1 ? 'try' : 'tries'}: ${names.join(', ')}`;
  }

  /** Another member is asked: the last one counts it, and who listens is told. */
  announce(pool: string): void {
    const from = this.#request.tried.at(-1);
    if (from === undefined) return;
    from.state.totals.retriedAway++;
    const { events, environment, name } = this.#context;
    if (!events.hears('request:retried')) return;
    events.emit('request:retried', {
      frontend: name,
      pool,
      from: from.name,
      attempt: this.count,
      at: environment.clock.wallTime(),
      reason: this.#reason,
    });
  }
}
