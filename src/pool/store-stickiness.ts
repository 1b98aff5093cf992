// Stickiness by a store: a table of clients and their members, in this process or outside of it.
import type { Clock } from '../core/clock.js';
import type { PickContext } from '../model/pick-context.js';
import type { HeaderStickyConfig, SourceIpStickyConfig } from '../spec/config.js';
import { STORE_TIMEOUT_MS } from '../spec/outside-store.js';
import { headerKey, sourceKey } from '../sticky/client-key.js';
import { MemoryStickyStore } from '../sticky/memory-store.js';
import type { StickyStore } from '../sticky/store.js';
import { StoreHealth, type StoreHealthListener } from '../sticky/store-health.js';
import { describeFault } from './discovery/polling.js';
import { Lookup } from './lookup.js';
import type { PooledMember } from './pooled-member.js';
import { Binding, type Stickiness } from './stickiness.js';

/** Most clients that wait for a store, and most notes on their way to it; whoever comes then is served without it. */
const MAX_WAITING = 10_000;

/** @internal What it is made from. */
export interface StoreStickinessParts {
  readonly pool: string;
  readonly config: SourceIpStickyConfig | HeaderStickyConfig;
  readonly store: StickyStore;
  readonly clock: Clock;
  readonly listener: StoreHealthListener;
}

/**
 * @internal Asks a store and notes there who got whom. A client without the header is nobody's.
 * A store that fails or is slow costs stickiness, never a client: it is served as one that nobody knows, and nothing is noted.
 */
export class StoreStickiness implements Stickiness {
  readonly requestCookie = undefined;
  readonly config: SourceIpStickyConfig | HeaderStickyConfig;
  readonly store: StickyStore;
  readonly #clock: Clock;
  readonly #header: string | undefined;
  /** How long a client waits for the store. */
  readonly #timeoutMs: number;
  /** Keys in a store of the host's tell pools apart. */
  readonly #prefix: string;
  /** A store that answers at once and can't fail. */
  readonly #memory: MemoryStickyStore | undefined;
  readonly #health: StoreHealth;
  readonly #binding: Binding = new Binding(this);
  readonly #lookups: Map<string, Lookup> = new Map();
  /** What the store was told and has not confirmed: who asks meanwhile must not hear of what was before. */
  readonly #unconfirmed: Map<string, PooledMember> = new Map();
  #members: ReadonlyMap<string, PooledMember> = new Map();
  /** Clients who wait for the store. */
  #waiting = 0;

  constructor({ pool, config, store, clock, listener }: StoreStickinessParts) {
    this.config = config;
    this.store = store;
    this.#clock = clock;
    this.#timeoutMs = config.storeTimeout ?? STORE_TIMEOUT_MS;
    this.#header = config.mode === 'header' ? config.header.toLowerCase() : undefined;
    const kind = this.#header === undefined ? config.mode : `header:${this.#header}`;
    this.#memory = store instanceof MemoryStickyStore ? store : undefined;
    this.#prefix = this.#memory === undefined ? `${pool}/${kind}/` : '';
    this.#health = new StoreHealth(listener);
  }

  get table(): MemoryStickyStore | undefined {
    return this.config.store === 'memory' ? this.#memory : undefined;
  }

  begin(): void {
    const { ttl, size } = this.config;
    this.#memory?.resize({ ttlMs: ttl, size });
  }

  use(members: readonly PooledMember[]): void {
    this.#members = new Map(members.map((member) => [member.name, member]));
  }

  find(context: PickContext): Binding | Lookup {
    const binding = this.#binding;
    binding.clear();
    const key = this.#keyOf(context);
    if (key === '') return binding;
    if (this.#memory === undefined) return this.#ask(key);
    this.#take(binding, key, this.#memory.get(key));
    return binding;
  }

  recall(binding: Binding): void {
    const { key } = binding;
    if (key === '') return;
    if (this.#memory !== undefined) this.#take(binding, key, this.#memory.get(key));
    else {
      const member = this.#unconfirmed.get(key);
      if (member !== undefined) fill(binding, key, member);
    }
  }

  onLent(binding: Binding, member: PooledMember, isAway: boolean): undefined {
    const { key } = binding;
    if (key === '' || isAway) return;
    const { ttl } = this.config;
    const isKnown = binding.home === member;
    // Also for the others that wait for the same answer.
    if (!isKnown) fill(binding, key, member);
    const memory = this.#memory;
    if (memory !== undefined) {
      if (isKnown) memory.touch(key);
      else memory.set(key, member.name);
    } else if (isKnown) this.#note(() => this.store.touch(key, ttl));
    else this.#note(() => this.store.set(key, member.name, ttl), key, member);
  }

  onRefused({ key, isVoid }: Binding): void {
    if (key !== '' && isVoid) this.#note(() => this.store.delete(key));
  }

  #keyOf(context: PickContext): string {
    const header = this.#header;
    if (header === undefined) return this.#prefix + sourceKey(context.source);
    const value = context.attribute('header', header);
    return value === undefined || value === '' ? '' : this.#prefix + headerKey(value);
  }

  /** Asks a store of the host's, unless the answer is on its way in one direction or the other. */
  #ask(key: string): Binding | Lookup {
    const binding = this.#binding;
    const unconfirmed = this.#unconfirmed.get(key);
    if (unconfirmed !== undefined) {
      fill(binding, key, unconfirmed);
      return binding;
    }
    if (!this.#mayAsk(key)) return binding;
    const open = this.#lookups.get(key);
    if (open !== undefined) return this.#await(open);
    try {
      const answer = this.store.get(key);
      if (isPromise(answer)) return this.#await(this.#lookUp(key, answer));
      this.#take(binding, key, answer);
      this.#onSuccess();
    } catch (error) {
      this.#onFailure(error);
    }
    return binding;
  }

  #await(lookup: Lookup): Lookup {
    lookup.waiting++;
    this.#waiting++;
    return lookup;
  }

  #mayAsk(key: string): boolean {
    if (this.#waiting >= MAX_WAITING) return false;
    if (this.#lookups.has(key)) return true;
    return this.#health.isFine || this.#health.mayAsk(this.#clock.now());
  }

  /** What the store said. */
  #take(binding: Binding, key: string, name: string | undefined | null): void {
    binding.key = key;
    if (name === undefined || name === null) return;
    binding.home = this.#members.get(name);
    binding.isVoid = binding.home === undefined;
  }

  #lookUp(key: string, answer: PromiseLike<string | undefined>): Lookup {
    const lookup = new Lookup(new Binding(this));
    this.#lookups.set(key, lookup);
    const end = (): boolean => {
      if (this.#lookups.get(key) !== lookup) return false;
      this.#lookups.delete(key);
      this.#waiting -= lookup.waiting;
      timer.cancel();
      return true;
    };
    const timer = this.#clock.schedule(this.#timeoutMs, () => {
      if (!end()) return;
      this.#onFailure(new Error(`no answer within ${this.#timeoutMs}ms`));
      lookup.settle();
    });
    answer.then(
      (name) => {
        if (!end()) return;
        this.#onSuccess();
        this.#take(lookup.binding, key, name);
        lookup.settle();
      },
      (error: unknown) => {
        if (!end()) return;
        this.#onFailure(error);
        lookup.settle();
      },
    );
    return lookup;
  }

  /** Tells the store something, and does not wait for it. */
  #note(tell: () => void | PromiseLike<unknown>, key?: string, member?: PooledMember): void {
    try {
      const told = tell();
      if (!isPromise(told)) return;
      if (key !== undefined && member !== undefined && this.#unconfirmed.size < MAX_WAITING)
        this.#unconfirmed.set(key, member);
      const confirm = (): void => {
        if (key !== undefined && this.#unconfirmed.get(key) === member)
          this.#unconfirmed.delete(key);
      };
      told.then(
        () => {
          confirm();
          this.#onSuccess();
        },
        (error: unknown) => {
          confirm();
          this.#onFailure(error);
        },
      );
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #onSuccess(): void {
    if (!this.#health.isFine) this.#health.onSuccess(this.#clock.now());
  }

  #onFailure(error: unknown): void {
    // What a store that fails was told may never be confirmed.
    this.#unconfirmed.clear();
    this.#health.onFailure(describeFault(error), this.#clock.now());
  }
}

function fill(binding: Binding, key: string, member: PooledMember): void {
  binding.key = key;
  binding.home = member.hasLeft ? undefined : member;
  binding.isVoid = member.hasLeft;
}

function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
