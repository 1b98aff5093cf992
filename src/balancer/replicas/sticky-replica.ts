// Tables of sticky clients as a pair copies them: the scope is the pool, the key the client, the value `[member, ms left]`.
import type { ReplicaEntry } from '../../ha/replication/source.js';
import type { Changed, ReplicaCast, Tapped } from './tapped-source.js';

/** @internal Clients that are remembered in cookies or in a store of the host's need no copy. */
export class StickyReplica implements Tapped {
  readonly #cast: () => ReplicaCast;

  constructor(cast: () => ReplicaCast) {
    this.#cast = cast;
  }

  *snapshot(): Generator<ReplicaEntry, void, undefined> {
    for (const scope of this.#cast().pools.keys()) {
      const keys = this.#cast().pools.get(scope)?.clients?.keys() ?? [];
      for (const key of keys) yield { scope, key, value: this.read(scope, key) };
    }
  }

  read(scope: string, key: string): unknown {
    const entry = this.#cast().pools.get(scope)?.clients?.peek(key);
    return entry === undefined ? undefined : [entry.member, Math.round(entry.ttlMs)];
  }

  apply({ scope, key, value }: ReplicaEntry): void {
    const clients = this.#cast().pools.get(scope)?.clients;
    if (clients === undefined) return;
    if (value === undefined) clients.forget(key);
    if (!Array.isArray(value)) return;
    const [member, ttlMs]: readonly unknown[] = value;
    if (typeof member === 'string' && typeof ttlMs === 'number' && ttlMs > 0)
      clients.restore({ key, member, ttlMs });
  }

  tap(changed: Changed): () => void {
    const pools = [...this.#cast().pools.values()];
    for (const pool of pools) pool.watchClients((key) => changed(pool.name, key));
    return () => {
      for (const pool of pools) pool.watchClients(undefined);
    };
  }
}
