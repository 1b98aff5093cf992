// What the connections to members need to know of their pool.
import type { Emitter } from '../core/emitter.js';
import type { BalancerEvents } from '../model/events.js';
import type { Member } from '../model/member.js';
import type { PoolConfig } from '../spec/config.js';

/** A pool, as its connections see it; `config` may change at any time. */
export interface ConnectionSettings {
  readonly name: string;
  readonly config: Pick<PoolConfig, 'http' | 'timeouts' | 'tls'>;
  readonly events: Emitter<BalancerEvents>;
  /** Aborted once the pool is closed. */
  readonly closed: AbortSignal;
  /** The present member of that name. */
  member(name: string): Member | undefined;
}
