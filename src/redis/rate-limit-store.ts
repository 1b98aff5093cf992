// Counters of rate limits in Redis, shared by all balancers that use it: a hash per key, one round trip per decision.
import { createHash } from 'node:crypto';
import type { RateLimitVerdict } from '../rate-limit/rule.js';
import type { RateLimitQuery, RateLimitStore } from '../rate-limit/store.js';
import { type RedisClient, RedisConnection, type RedisSource } from './connection.js';
import { GIVE_BACK_SCRIPT, TAKE_SCRIPT } from './rate-limit-script.js';

/** How a {@link RedisRateLimitStore} names its keys. */
export interface RedisRateLimitStoreOptions {
  /** Put before every key. Balancers that count together use the same. @defaultValue 'evenkeel:limit:' */
  readonly keyPrefix?: string;
}

/**
 * A store that several balancers share, for `rateLimit: { store: NAME }`: what they let through together is what one would.
 * Each decision is one script, so nobody comes between; time is the server's, so the balancers' clocks need not agree.
 * Keys go by themselves once they have nothing more to say.
 *
 * @example
 * ```ts
 * const store = new RedisRateLimitStore('redis://127.0.0.1:6379');
 * const balancer = new Balancer(spec, { extensions: { counters: store } });
 * ```
 */
export class RedisRateLimitStore implements RateLimitStore {
  readonly #connection: RedisConnection;
  readonly #client: RedisClient;
  readonly #prefix: string;

  /** @param source - a client, which stays the host's, or what to make one from, which {@link close} then closes */
  constructor(source: RedisSource, options: RedisRateLimitStoreOptions = {}) {
    this.#connection = new RedisConnection(source);
    this.#client = this.#connection.client;
    this.#prefix = options.keyPrefix ?? 'evenkeel:limit:';
  }

  async take({ scope, key, rule }: RateLimitQuery): Promise<RateLimitVerdict> {
    const { algorithm, requests, windowMs, burst, countDenied, maxDelayMs } = rule;
    const answer = await this.#run(TAKE, [
      this.#nameOf(scope, key),
      algorithm,
      requests,
      windowMs,
      burst,
      countDenied ? 1 : 0,
      maxDelayMs,
      '',
    ]);
    const [allowed = 0, delayMs = 0, remaining = 0, retryAfterMs = 0] = answer;
    return { allowed: allowed === 1, delayMs, remaining, retryAfterMs };
  }

  async giveBack({ scope, key, rule }: RateLimitQuery): Promise<void> {
    await this.#run(GIVE_BACK, [this.#nameOf(scope, key), rule.algorithm, rule.windowMs]);
  }

  /** Closes a connection of its own; one that was handed in stays open. Safe to call twice. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #nameOf(scope: string, key: string): string {
    return `${this.#prefix}${scope}/${key}`;
  }

  /** A server that has not seen the script yet is sent it whole, once. */
  async #run(script: Script, words: readonly (string | number)[]): Promise<readonly number[]> {
    const client = this.#client;
    const answer = await client.evalsha(script.sha1, 1, ...words).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.eval(script.text, 1, ...words);
    });
    return Array.isArray(answer) ? answer.map(Number) : [];
  }
}

interface Script {
  readonly text: string;
  readonly sha1: string;
}

const TAKE: Script = scriptOf(TAKE_SCRIPT);
const GIVE_BACK: Script = scriptOf(GIVE_BACK_SCRIPT);

function scriptOf(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
