// The rate limiters of one frontend: a reload goes on with those whose definition is the same, counters and all.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Emitter } from '../../core/emitter.js';
import type { Environment } from '../../core/environment.js';
import type { BalancerEvents } from '../../model/events.js';
import { RateLimiter } from '../../rate-limit/rate-limiter.js';
import type { RateLimitStore } from '../../rate-limit/store.js';
import { StoreGuard } from '../../rate-limit/store-guard.js';
import type { RateLimitConfig } from '../../spec/config.js';

/** What limiters are made with. */
export interface ShelfParts {
  /** The frontend's name. */
  readonly frontend: string;
  readonly environment: Environment;
  readonly events: Emitter<BalancerEvents>;
  /** Stores by the names that limits use. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly scope: string;
  readonly config: RateLimitConfig;
  readonly limiter: RateLimiter;
  /** The last settings that asked for it. */
  version: number;
}

/** Hears of a key whose count changed. @param limiter - its name */
export type LimitWatcher = (limiter: string, key: string) => void;

/**
 * Each build of settings begins with `begin` and asks for its limiters with `get`; `commit` forgets those that it did not ask for.
 * A build that is given up leaves them where they are: the next commit sees to them.
 */
export class LimiterShelf {
  readonly #parts: ShelfParts;
  readonly #guards: Map<string, StoreGuard> = new Map();
  #entries: Entry[] = [];
  #changed: LimitWatcher | undefined = undefined;
  #version = 0;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  /** Other settings are built from here on. */
  begin(): void {
    this.#version++;
  }

  /**
   * The limiter of a definition; the one there is if the present settings have the same in the same scope.
   * @param scope - where the limit stands: the frontend, or one of its routes
   */
  get(config: RateLimitConfig, scope: string): RateLimiter {
    const version = this.#version;
    const present = this.#entries.find(
      (entry) =>
        entry.version < version && entry.scope === scope && isDeepStrictEqual(entry.config, config),
    );
    if (present !== undefined) {
      present.version = version;
      return present.limiter;
    }
    const limiter = this.#create(config, scope);
    this.#entries.push({ scope, config, limiter, version });
    this.#watch(limiter);
    return limiter;
  }

  /** Limiters that count in this process, those of settings that are being built included. */
  get counting(): readonly RateLimiter[] {
    return this.#entries.map(({ limiter }) => limiter).filter(countsHere);
  }

  /** Tells `changed` of every count that changes, whatever the settings become; undefined = nobody any more. */
  watch(changed: LimitWatcher | undefined): void {
    this.#changed = changed;
    for (const { limiter } of this.#entries) this.#watch(limiter);
  }

  /** Goes on with what the limiters of another frontend with the same settings have counted. */
  copyFrom(other: LimiterShelf): void {
    for (const limiter of this.counting) {
      const before = other.counting.find(({ name }) => name === limiter.name);
      for (const key of before?.listKeys() ?? []) limiter.restore(key, before?.save(key));
    }
  }

  /** The settings built last are in force. */
  commit(): void {
    const isUsed = (entry: Entry): boolean => entry.version === this.#version;
    for (const { limiter } of this.#entries.filter((entry) => !isUsed(entry))) limiter.close();
    this.#entries = this.#entries.filter(isUsed);
  }

  /** Nobody waits any more. */
  close(): void {
    for (const { limiter } of this.#entries) limiter.close();
  }

  #watch(limiter: RateLimiter): void {
    const changed = this.#changed;
    if (!countsHere(limiter)) return;
    limiter.watch(changed === undefined ? undefined : (key) => changed(limiter.name, key));
  }

  #create(config: RateLimitConfig, scope: string): RateLimiter {
    const { frontend, environment } = this.#parts;
    const name = `${frontend}/${digestOf(config, scope)}`;
    if (config.store === 'memory') return new RateLimiter(config, { environment, name });
    return new RateLimiter(config, { environment, name, store: this.#guardOf(config.store) });
  }

  /** One for all limits of a store: an outage is one outage. */
  #guardOf(store: string): StoreGuard {
    const present = this.#guards.get(store);
    if (present !== undefined) return present;
    const { frontend, environment, events, extensions } = this.#parts;
    const { clock } = environment;
    const told = (
      reason: string,
    ): { frontend: string; store: string; at: number; reason: string } => ({
      frontend,
      store,
      at: clock.wallTime(),
      reason,
    });
    // It was checked with the spec that it has what makes a store.
    const guard = new StoreGuard(extensions[store] as RateLimitStore, clock, {
      onStoreFailed: (reason) => events.emit('limit:store-failed', told(reason)),
      onStoreRestored: () => events.emit('limit:store-restored', told('it answers again')),
    });
    this.#guards.set(store, guard);
    return guard;
  }
}

function countsHere({ config }: RateLimiter): boolean {
  return config.store === 'memory';
}

/** The same for the same definition in the same place, in every process. */
function digestOf(config: RateLimitConfig, scope: string): string {
  // How long a process waits for the store, and what it does without it, is its own affair.
  const own = { storeTimeout: undefined, onStoreError: undefined };
  const text = JSON.stringify([scope, { ...config, ...own }]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
