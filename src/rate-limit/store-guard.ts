// Asks an outside store with a deadline, and leaves it alone for a while when it does not answer.
import type { Clock } from '../core/clock.js';
import type { RateLimitVerdict } from './rule.js';
import type { RateLimitQuery, RateLimitStore } from './store.js';

/** How long a store that failed is not asked again, ms. */
export const STORE_REST_MS = 1000;

/** Hears of a store once when it fails, and once when it answers again. */
export interface StoreListener {
  onStoreFailed(reason: string): void;
  onStoreRestored(): void;
}

/**
 * States: well -> (no answer) failed -> (a second later, one request asks) well | failed.
 * A store that failed costs the requests meanwhile no time.
 */
export class StoreGuard {
  readonly store: RateLimitStore;
  readonly #clock: Clock;
  readonly #listener: StoreListener;
  #hasFailed = false;
  #isTrying = false;
  #restsUntilMs = 0;

  constructor(store: RateLimitStore, clock: Clock, listener: StoreListener) {
    this.store = store;
    this.#clock = clock;
    this.#listener = listener;
  }

  /**
   * What the store says; undefined = it can't be asked, or did not answer. Never rejects.
   * @param timeoutMs - how long its answer is awaited
   */
  ask(
    query: RateLimitQuery,
    timeoutMs: number,
  ): RateLimitVerdict | undefined | Promise<RateLimitVerdict | undefined> {
    if (this.#hasFailed) {
      if (this.#isTrying || this.#clock.now() < this.#restsUntilMs) return undefined;
      this.#isTrying = true;
    }
    try {
      const answer: unknown = this.store.take(query);
      return isPromise(answer) ? this.#await(answer, timeoutMs) : this.#check(answer);
    } catch (error) {
      return this.#fail(messageOf(error));
    }
  }

  /** Undoes an `ask` if the store knows how; nobody waits for it. */
  giveBack(query: RateLimitQuery): void {
    if (this.#hasFailed) return;
    try {
      const done = this.store.giveBack?.(query);
      if (done instanceof Promise) done.catch(() => {});
    } catch {
      // What could not be given back stays counted: the limit errs on the strict side.
    }
  }

  #await(answer: PromiseLike<unknown>, timeoutMs: number): Promise<RateLimitVerdict | undefined> {
    return new Promise((resolve) => {
      let isAwaited = true;
      const settle = (judge: () => RateLimitVerdict | undefined): void => {
        if (!isAwaited) return;
        isAwaited = false;
        timer.cancel();
        resolve(judge());
      };
      const timer = this.#clock.schedule(timeoutMs, () =>
        settle(() => this.#fail(`no answer within ${timeoutMs}ms`)),
      );
      answer.then(
        (verdict) => settle(() => this.#check(verdict)),
        (error: unknown) => settle(() => this.#fail(messageOf(error))),
      );
    });
  }

  #check(verdict: unknown): RateLimitVerdict | undefined {
    if (!isVerdict(verdict)) return this.#fail('the answer is no verdict');
    this.#isTrying = false;
    if (this.#hasFailed) {
      this.#hasFailed = false;
      this.#listener.onStoreRestored();
    }
    return verdict;
  }

  #fail(reason: string): undefined {
    this.#isTrying = false;
    this.#restsUntilMs = this.#clock.now() + STORE_REST_MS;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#listener.onStoreFailed(reason);
  }
}

function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}

/** Code of the host may answer anything. */
function isVerdict(answer: unknown): answer is RateLimitVerdict {
  if (typeof answer !== 'object' || answer === null) return false;
  const { allowed, delayMs, retryAfterMs }: Partial<RateLimitVerdict> = answer;
  return typeof allowed === 'boolean' && Number.isFinite(delayMs) && Number.isFinite(retryAfterMs);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
