// Looks at a running HAProxy every now and then: the last status, and an event for what flipped since.
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { Emitter } from '../../core/emitter.js';
import type { BalancerEvents } from '../../model/events.js';
import type { HealthState } from '../../model/member.js';
import type { BalancerConfig } from '../../spec/config.js';
import type { RuntimeSocket } from '../runtime/runtime-socket.js';
import { parseStat } from '../runtime/stat-rows.js';
import { poolStatus, StatTable } from './status-rows.js';

/** What to look at. */
export interface ObserverOptions {
  readonly runtime: RuntimeSocket;
  readonly clock: Clock;
  readonly events: Emitter<BalancerEvents>;
  /** What runs now. */
  readonly config: () => BalancerConfig;
  /** Between two looks, ms. */
  readonly intervalMs: number;
}

/**
 * One `show stat` an interval, never two at once. A member that goes down and up again between two looks is told as neither.
 * A look that fails changes nothing: whether HAProxy lives is its process' to tell.
 */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #health: Map<string, HealthState> = new Map();
  readonly #empty: Set<string> = new Set();
  #table: StatTable = new StatTable([], 0);
  #timer: ClockTimer | undefined;
  #isStopped = true;
  #looking: Promise<void> | undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** As it was at the last look. */
  get table(): StatTable {
    return this.#table;
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Looks now. Resolves when the status is that of a moment after the call, or the look has failed. */
  async look(): Promise<void> {
    await this.#looking;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #schedule(): void {
    this.#timer = this.#options.clock.schedule(this.#options.intervalMs, () => {
      void this.look().then(() => {
        if (!this.#isStopped) this.#schedule();
      });
    });
  }

  async #look(): Promise<void> {
    const { runtime, clock, config } = this.#options;
    try {
      const rows = parseStat(await runtime.ask('show stat'));
      this.#table = new StatTable(rows, clock.wallTime());
    } catch {
      return;
    }
    for (const pool of config().pools) this.#compare(poolStatus(pool, this.#table));
  }

  #compare(pool: ReturnType<typeof poolStatus>): void {
    const { events, clock } = this.#options;
    const at = clock.wallTime();
    for (const { name, health, reason } of pool.members) {
      const key = `${pool.name}/${name}`;
      const before = this.#health.get(key) ?? 'unknown';
      this.#health.set(key, health);
      if (health === before || health === 'unknown') continue;
      events.emit(`member:${health}`, { at, reason, pool: pool.name, member: name });
    }
    const isEmpty = pool.members.length > 0 && !pool.members.some(({ eligible }) => eligible);
    if (isEmpty && !this.#empty.has(pool.name))
      events.emit('pool:empty', { at, reason: 'no member is eligible', pool: pool.name });
    if (isEmpty) this.#empty.add(pool.name);
    else this.#empty.delete(pool.name);
  }
}
