// A limit that counts: so many requests of one key in such a time.
import { BoundedMap } from '../core/bounded-map.js';
import type { Clock } from '../core/clock.js';
import { createEnvironment, type Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import { ownText } from '../core/own-text.js';
import type { RateLimitConfig } from '../spec/config.js';
import { STORE_TIMEOUT_MS } from '../spec/outside-store.js';
import { parseRateLimit } from '../spec/parse.js';
import type { RateLimitSpec } from '../spec/rate-limit.js';
import { DelayLine, type HeldPlace } from './delay-line.js';
import { Gcra } from './gcra.js';
import {
  type LimitAlgorithm,
  type RateLimitRule,
  type RateLimitVerdict,
  ReusedVerdict,
} from './rule.js';
import { SlidingWindow } from './sliding-window.js';
import type { RateLimitStore } from './store.js';
import { STORE_REST_MS, StoreGuard, type StoreListener } from './store-guard.js';

/** What a limiter shares with the rest of a program; each part has a default of its own. */
export interface RateLimiterDependencies {
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
  /** Which limit it is, for a store that several share. @defaultValue 'limit' */
  readonly name?: string;
  /** Where counters are kept; limiters that share a guard share its outages. @defaultValue a table of `maxKeys` keys in this process */
  readonly store?: RateLimitStore | StoreGuard;
  /** Hears of a store that fails. @defaultValue nobody */
  readonly listener?: StoreListener;
}

/**
 * Counts requests by key and says which are within the limit. It holds no socket: `key`, `action` and `status` of the spec
 * are for those who ask it.
 *
 * @example
 * ```ts
 * const limiter = new RateLimiter({ requests: 5, window: '1m' });
 * const verdict = await limiter.take('user-7');
 * if (!verdict.allowed) console.log(`come back in ${verdict.retryAfterMs} ms`);
 * ```
 */
export class RateLimiter {
  readonly config: RateLimitConfig;
  readonly name: string;
  readonly #rule: RateLimitRule;
  readonly #clock: Clock;
  readonly #algorithm: LimitAlgorithm<object>;
  readonly #states: BoundedMap<string, object>;
  readonly #guard: StoreGuard | undefined;
  readonly #line: DelayLine;
  readonly #verdict: ReusedVerdict = new ReusedVerdict();
  #changed: ((key: string) => void) | undefined = undefined;

  /**
   * @throws SpecError when the spec is at fault
   * @throws EvenkeelError `EK_UNKNOWN_NAME` when it names a store and none is given
   */
  constructor(spec: RateLimitSpec | RateLimitConfig, dependencies: RateLimiterDependencies = {}) {
    const { environment, name = 'limit', store, listener = SILENT } = dependencies;
    const given = store instanceof StoreGuard ? store.store : store;
    const extensions = given === undefined ? {} : { [spec.store ?? 'memory']: given };
    const config = parseRateLimit(spec, { extensions });
    if (config.store !== 'memory' && store === undefined) {
      const message = `rate limit "${name}": store "${config.store}" is not given`;
      throw new EvenkeelError('EK_UNKNOWN_NAME', message, { side: 'client' });
    }
    const { clock } = createEnvironment(environment);
    this.config = config;
    this.name = name;
    this.#clock = clock;
    this.#rule = ruleOf(config);
    this.#algorithm = createAlgorithm(this.#rule);
    this.#states = new BoundedMap({ max: config.maxKeys }, clock);
    this.#guard =
      store === undefined || store instanceof StoreGuard
        ? store
        : new StoreGuard(store, clock, listener);
    this.#line = new DelayLine(clock, config.maxQueued ?? 0);
  }

  /** Keys that are remembered in this process. */
  get keys(): number {
    return this.#states.size;
  }

  /** Requests that wait in `hold`. */
  get held(): number {
    return this.#line.length;
  }

  /** Whether what it denies counts. */
  get countsDenied(): boolean {
    return this.#rule.countDenied;
  }

  /**
   * Judges one more request of `key` and counts it. In memory the answer is there at once, in an object that the next call
   * writes anew; with a store it is a promise, which does not reject.
   */
  take(key: string): RateLimitVerdict | Promise<RateLimitVerdict> {
    if (this.#guard !== undefined) return this.#ask(this.#guard, key);
    let state = this.#states.get(key);
    if (state === undefined) {
      state = this.#algorithm.createState();
      this.#states.set(ownText(key), state);
    }
    this.#algorithm.take(state, Math.floor(this.#clock.now()), this.#verdict);
    if (this.#changed !== undefined && (this.#verdict.allowed || this.#rule.countDenied))
      this.#changed(key);
    return this.#verdict;
  }

  /** Undoes a `take` that allowed: the request is not made after all. */
  giveBack(key: string): void {
    if (this.#guard !== undefined) {
      this.#guard.giveBack({ scope: this.name, key, rule: this.#rule });
      return;
    }
    const state = this.#states.get(key);
    if (state === undefined) return;
    this.#algorithm.giveBack(state);
    this.#changed?.(key);
  }

  /** Keys that are counted in this process, the one that was away for longest first. O(keys). */
  listKeys(): readonly string[] {
    return this.#states.keys();
  }

  /** What is counted of a key, as numbers that mean the same on any clock; undefined = nothing. */
  save(key: string): readonly number[] | undefined {
    const state = this.#states.peek(key);
    return state === undefined ? undefined : this.#algorithm.save(state, this.#nowMs);
  }

  /** Takes what a limiter of the same settings has saved, in the place of what is counted here; undefined = forgets the key. */
  restore(key: string, saved: readonly number[] | undefined): void {
    if (saved === undefined) this.#states.delete(key);
    else this.#states.set(key, this.#algorithm.load(saved, this.#nowMs));
  }

  /** Tells `changed` of keys whose count changed in this process; undefined = nobody any more. */
  watch(changed: ((key: string) => void) | undefined): void {
    this.#changed = changed;
  }

  /**
   * A place to wait as long as a verdict says; those that wait for less have their turn first.
   * @returns undefined when `maxQueued` wait already
   */
  hold(delayMs: number): HeldPlace | undefined {
    return this.#line.wait(delayMs);
  }

  /** Lets those that wait go at once, and holds no timer any more. */
  close(): void {
    this.#line.close();
  }

  get #nowMs(): number {
    return Math.floor(this.#clock.now());
  }

  #ask(guard: StoreGuard, key: string): RateLimitVerdict | Promise<RateLimitVerdict> {
    const query = { scope: this.name, key, rule: this.#rule };
    const answer = guard.ask(query, this.config.storeTimeout ?? STORE_TIMEOUT_MS);
    if (answer instanceof Promise) return answer.then((late) => late ?? this.#unanswered());
    return answer ?? this.#unanswered();
  }

  #unanswered(): RateLimitVerdict {
    const allowed = this.config.onStoreError === 'allow';
    return {
      allowed,
      delayMs: 0,
      remaining: allowed ? this.config.requests : 0,
      retryAfterMs: allowed ? 0 : STORE_REST_MS,
    };
  }
}

const SILENT: StoreListener = { onStoreFailed() {}, onStoreRestored() {} };

function createAlgorithm(rule: RateLimitRule): LimitAlgorithm<object> {
  const algorithm: unknown = rule.algorithm === 'gcra' ? new Gcra(rule) : new SlidingWindow(rule);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is given the states that it made itself
  return algorithm as LimitAlgorithm<object>;
}

/** The numbers of a limit. */
export function ruleOf(config: RateLimitConfig): RateLimitRule {
  const { algorithm, requests, window, burst, countDenied, maxDelay } = config;
  return {
    algorithm,
    requests,
    windowMs: window,
    burst: burst ?? requests,
    countDenied: countDenied ?? false,
    maxDelayMs: maxDelay ?? 0,
  };
}
