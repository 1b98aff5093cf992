// Counters of rate limits as a pair copies them: the scope is the limit with its settings, the key whose requests they are.
import type { ReplicaEntry } from '../../ha/replication/source.js';
import type { RateLimiter } from '../../rate-limit/rate-limiter.js';
import type { Changed, ReplicaCast, Tapped } from './tapped-source.js';

/** @internal A limit of other settings has another scope: its numbers would mean something else. Shared stores need no copy. */
export class RateLimitReplica implements Tapped {
  readonly #cast: () => ReplicaCast;

  constructor(cast: () => ReplicaCast) {
    this.#cast = cast;
  }

  *snapshot(): Generator<ReplicaEntry, void, undefined> {
    for (const limiter of this.#limiters()) {
      const scope = limiter.name;
      for (const key of limiter.listKeys()) yield { scope, key, value: limiter.save(key) };
    }
  }

  read(scope: string, key: string): unknown {
    return this.#find(scope)?.save(key);
  }

  apply({ scope, key, value }: ReplicaEntry): void {
    const limiter = this.#find(scope);
    if (value === undefined) limiter?.restore(key, undefined);
    else if (isNumbers(value)) limiter?.restore(key, value);
  }

  tap(changed: Changed): () => void {
    const frontends = [...this.#cast().frontends.values()];
    for (const { limiters } of frontends) limiters.watch(changed);
    return () => {
      for (const { limiters } of frontends) limiters.watch(undefined);
    };
  }

  /** A name begins with that of the frontend. */
  #find(name: string): RateLimiter | undefined {
    const frontend = this.#cast().frontends.get(name.slice(0, name.lastIndexOf('/')));
    return frontend?.limiters.counting.find((limiter) => limiter.name === name);
  }

  #limiters(): readonly RateLimiter[] {
    return [...this.#cast().frontends.values()].flatMap(({ limiters }) => limiters.counting);
  }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
