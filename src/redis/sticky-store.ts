// Sticky entries in Redis, shared by all balancers that use it: a key per client, with the life of the entry.
import type { StickyStore } from '../sticky/store.js';
import { type RedisClient, RedisConnection, type RedisSource } from './connection.js';

/** How a {@link RedisStickyStore} names its keys. */
export interface RedisStickyStoreOptions {
  /** Put before every key. Balancers that share clients use the same. @defaultValue 'evenkeel:sticky:' */
  readonly keyPrefix?: string;
}

/**
 * A store that several balancers share, for `sticky: { mode: source-ip, store: NAME }`.
 * One command per call: GET, SET with PX, PEXPIRE, DEL. What Redis does not answer in time costs stickiness, never a request.
 *
 * @example
 * ```ts
 * const store = new RedisStickyStore('redis://127.0.0.1:6379');
 * const balancer = new Balancer(spec, { extensions: { sessions: store } });
 * ```
 */
export class RedisStickyStore implements StickyStore {
  readonly #connection: RedisConnection;
  readonly #client: RedisClient;
  readonly #prefix: string;

  /** @param source - a client, which stays the host's, or what to make one from, which {@link close} then closes */
  constructor(source: RedisSource, options: RedisStickyStoreOptions = {}) {
    this.#connection = new RedisConnection(source);
    this.#client = this.#connection.client;
    this.#prefix = options.keyPrefix ?? 'evenkeel:sticky:';
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#client.get(this.#prefix + key)) ?? undefined;
  }

  async set(key: string, member: string, ttlMs: number): Promise<void> {
    await this.#client.set(this.#prefix + key, member, 'PX', Math.ceil(ttlMs));
  }

  async touch(key: string, ttlMs: number): Promise<void> {
    await this.#client.pexpire(this.#prefix + key, Math.ceil(ttlMs));
  }

  async delete(key: string): Promise<void> {
    await this.#client.del(this.#prefix + key);
  }

  /** Closes a connection of its own; one that was handed in stays open. Safe to call twice. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
