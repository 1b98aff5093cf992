// Several limits at once: all of them must allow.
import type { RateLimitVerdict } from '../../rate-limit/rule.js';
import type { RateLimitConfig } from '../../spec/config.js';
import type { FrontendContext } from '../handler.js';
import { Limit, type LimitSubject } from './limit.js';

/** Where a list stands. */
export interface LimitListPlace {
  /** For clients, events and logs; limits behind the first have a number added. */
  readonly name: string;
  /** Counters live on through a reload where it stays the same; unique in the frontend. @defaultValue `name` */
  readonly scope?: string;
}

/** A limit said no. */
export interface Denial {
  /** The one that keeps the client out longest. */
  readonly limit: Limit;
  readonly retryAfterMs: number;
}

/** What the limits asked so far say together. */
class Tally {
  denied: Limit | undefined = undefined;
  retryAfterMs = 0;
  /** Place of the first limit that denied. */
  deniedAt = 0;
  /** The limit that makes it wait longest. */
  slow: Limit | undefined = undefined;
  delayMs = 0;

  reset(): this {
    this.denied = undefined;
    this.retryAfterMs = 0;
    this.slow = undefined;
    this.delayMs = 0;
    return this;
  }

  note(limit: Limit, index: number, verdict: RateLimitVerdict): void {
    if (verdict.allowed) {
      if (verdict.delayMs <= this.delayMs) return;
      this.slow = limit;
      this.delayMs = verdict.delayMs;
      return;
    }
    if (this.denied === undefined) this.deniedAt = index;
    if (verdict.retryAfterMs < this.retryAfterMs) return;
    this.denied = limit;
    this.retryAfterMs = verdict.retryAfterMs;
  }
}

/**
 * Limits are asked in their order. After the first that denies, only those are asked that count what is denied;
 * those before it that do not are given back what they counted.
 */
export class LimitList {
  readonly limits: readonly Limit[];
  readonly #context: FrontendContext;
  /** Of what is judged at once. */
  readonly #tally: Tally = new Tally();

  constructor(
    configs: readonly RateLimitConfig[],
    { name: first, scope = first }: LimitListPlace,
    context: FrontendContext,
  ) {
    this.#context = context;
    this.limits = configs.map((config, index) => {
      const name = index === 0 ? first : `${first}-${index + 1}`;
      return new Limit(config, { name, scope, context });
    });
  }

  /**
   * undefined = go on. A promise holds the subject up, which must stay what it is until then; it does not reject, and never
   * resolves once the subject has given its place up.
   * Limits in memory that do not delay answer at once.
   */
  judge(subject: LimitSubject): Denial | undefined | Promise<Denial | undefined> {
    const tally = this.#tally.reset();
    for (let i = 0; i < this.limits.length; i++) {
      const verdict = this.#ask(i, subject, tally);
      if (verdict instanceof Promise) return this.#judgeLate(i, verdict, subject, tally);
      if (verdict !== undefined) tally.note(this.limits[i]!, i, verdict);
    }
    if (tally.denied === undefined && tally.slow === undefined) return undefined;
    return this.#conclude(subject, tally);
  }

  async #judgeLate(
    from: number,
    first: Promise<RateLimitVerdict>,
    subject: LimitSubject,
    before: Tally,
  ): Promise<Denial | undefined> {
    const tally = Object.assign(new Tally(), before);
    tally.note(this.limits[from]!, from, await first);
    for (let i = from + 1; i < this.limits.length; i++) {
      const verdict = await this.#ask(i, subject, tally);
      if (verdict !== undefined) tally.note(this.limits[i]!, i, verdict);
    }
    return this.#conclude(subject, tally);
  }

  #ask(
    index: number,
    subject: LimitSubject,
    { denied }: Tally,
  ): RateLimitVerdict | Promise<RateLimitVerdict> | undefined {
    const { limiter } = this.limits[index]!;
    if (denied !== undefined && !limiter.countsDenied) return undefined;
    const key = this.limits[index]!.keyOf(subject);
    return key === undefined ? undefined : limiter.take(key);
  }

  #conclude(subject: LimitSubject, tally: Tally): Denial | undefined | Promise<undefined> {
    const { denied, deniedAt, retryAfterMs, slow, delayMs } = tally;
    if (denied !== undefined) return this.#deny(subject, denied, retryAfterMs, deniedAt);
    if (slow === undefined) return undefined;
    const place = slow.limiter.hold(delayMs);
    if (place === undefined) return this.#deny(subject, slow, delayMs, this.limits.length);
    this.#context.counters.delayed++;
    subject.onHeld?.(place);
    return place.turn;
  }

  /** @param taken - limits before this place have counted it */
  #deny(subject: LimitSubject, limit: Limit, retryAfterMs: number, taken: number): Denial {
    for (const before of this.limits.slice(0, taken)) {
      const key = before.limiter.countsDenied ? undefined : before.keyOf(subject);
      if (key !== undefined) before.limiter.giveBack(key);
    }
    this.#context.counters.limited++;
    limit.announcer.onDenied(limit.keyOf(subject) ?? '', retryAfterMs);
    return { limit, retryAfterMs };
  }
}
