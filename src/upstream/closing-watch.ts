// Hears when the connections to a pool's members are to close: their member goes, or who uses them.
import type { Emitter } from '../core/emitter.js';
import type { BalancerEvents } from '../model/events.js';
import type { ConnectionSettings } from './connection-settings.js';

/** Who holds the connections. */
export interface ConnectionHolder {
  /** Closes what nobody uses. */
  closeIdle(): void;
  /** Closes what nobody uses of members that the pool has no more, and keeps the others from coming back. */
  retireGone(): void;
}

/** Listens while connections are open only, so that a pool that is gone can be collected. */
export class ClosingWatch {
  readonly #pool: ConnectionSettings;
  readonly #holder: ConnectionHolder;
  /** Emitters to listen to, each with what stops that; undefined while nothing is open. */
  readonly #heeded: Map<Emitter<BalancerEvents>, (() => void) | undefined> = new Map();
  #open = 0;

  constructor(pool: ConnectionSettings, holder: ConnectionHolder) {
    this.#pool = pool;
    this.#holder = holder;
    this.heed(pool.events);
    pool.closed.addEventListener('abort', () => holder.closeIdle(), { once: true });
  }

  /** Idle connections close when a frontend, or the balancer, of that emitter closes. */
  heed(events: Emitter<BalancerEvents>): void {
    if (this.#heeded.has(events)) return;
    this.#heeded.set(events, this.#open > 0 ? this.#listen(events) : undefined);
  }

  /** A connection is being opened. */
  onOpened(): void {
    if (this.#open++ > 0) return;
    for (const events of this.#heeded.keys()) this.#heeded.set(events, this.#listen(events));
  }

  /** One has closed. */
  onClosed(): void {
    if (--this.#open > 0) return;
    for (const [events, stop] of this.#heeded) {
      stop?.();
      this.#heeded.set(events, undefined);
    }
  }

  #listen(events: Emitter<BalancerEvents>): () => void {
    const stops = [
      events.on('member:removed', ({ pool }) => {
        if (pool === this.#pool.name) this.#holder.retireGone();
      }),
      events.on('frontend:closed', () => this.#holder.closeIdle()),
      events.on('balancer:closed', () => this.#holder.closeIdle()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
