// What a balancer has its pair copy to the other nodes.
import type { Emitter } from '../../core/emitter.js';
import type { ReplicaSources } from '../../ha/replication/source.js';
import type { BalancerEvents } from '../../model/events.js';
import { HealthReplica } from './health-replica.js';
import { RateLimitReplica } from './rate-limit-replica.js';
import { StickyReplica } from './sticky-replica.js';
import { type ReplicaCast, TappedSource } from './tapped-source.js';

/** @internal Sources of every kind; which of them are copied, the pair's spec says. */
export class BalancerReplicas {
  readonly sources: ReplicaSources;
  readonly #tapped: readonly TappedSource[];

  /** @param cast - what runs now */
  constructor(cast: () => ReplicaCast, events: Emitter<BalancerEvents>) {
    const sticky = new TappedSource(new StickyReplica(cast));
    const limits = new TappedSource(new RateLimitReplica(cast));
    const health = new TappedSource(new HealthReplica(cast, events));
    this.sources = { sticky, health, 'rate-limit': limits };
    this.#tapped = [sticky, limits, health];
  }

  onCastChanged(): void {
    for (const source of this.#tapped) source.onCastChanged();
  }
}
