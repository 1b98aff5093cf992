// Health of members as a pair copies it: the scope is the pool, the key the member, the value why it is down and how long ejected.
import { renderHostPort } from '../../core/address.js';
import type { Emitter } from '../../core/emitter.js';
import type { ReplicaEntry } from '../../ha/replication/source.js';
import type { BalancerEvents } from '../../model/events.js';
import type { Changed, ReplicaCast, Tapped } from './tapped-source.js';

const NEWS = ['member:up', 'member:down', 'member:ejected', 'member:restored'] as const;

/** @internal A member is known by its name and its address. */
export class HealthReplica implements Tapped {
  readonly #cast: () => ReplicaCast;
  readonly #events: Emitter<BalancerEvents>;

  constructor(cast: () => ReplicaCast, events: Emitter<BalancerEvents>) {
    this.#cast = cast;
    this.#events = events;
  }

  *snapshot(): Generator<ReplicaEntry, void, undefined> {
    for (const [scope, pool] of this.#cast().pools)
      for (const { name: key } of pool.members) yield { scope, key, value: this.read(scope, key) };
  }

  read(scope: string, key: string): unknown {
    const pool = this.#cast().pools.get(scope);
    const member = pool?.member(key);
    return member === undefined
      ? undefined
      : { at: renderHostPort(member), ...pool?.healthOf(key) };
  }

  apply({ scope, key, value }: ReplicaEntry): void {
    const pool = this.#cast().pools.get(scope);
    if (typeof value !== 'object' || value === null) return;
    const { at, down, ejectedMs }: { at?: unknown; down?: unknown; ejectedMs?: unknown } = value;
    const member = pool?.member(key);
    if (pool === undefined || member === undefined || at !== renderHostPort(member)) return;
    pool.adoptHealth(key, {
      down: typeof down === 'string' ? down : undefined,
      ejectedMs: typeof ejectedMs === 'number' ? ejectedMs : 0,
    });
  }

  tap(changed: Changed): () => void {
    const stops = NEWS.map((name) =>
      this.#events.on(name, ({ pool, member }) => changed(pool, member)),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }
}
