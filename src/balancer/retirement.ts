// What an apply has left behind: frontends and pools that finish their work, then close.
import { type Clock, sleep } from '../core/clock.js';
import type { Frontend } from '../frontend/frontend.js';
import type { Pool } from '../pool/pool.js';
import type { Retired } from './transition.js';

/** Between two looks at a pool, ms: longer than a request pauses between two tries (250 ms). */
const LOOK_MS = 300;

/** @internal Drains what is gone in the background; `close` cuts it short. */
export class Retirement {
  readonly #frontends: Set<Frontend> = new Set();
  /** Each with what ends its wait. */
  readonly #pools: Map<Pool, AbortController> = new Map();
  readonly #clock: Clock;
  readonly #isJudging: () => boolean;

  /** @param isJudging - whether requests wait for a rule that were asked under earlier settings, maybe */
  constructor(clock: Clock, isJudging: () => boolean) {
    this.#clock = clock;
    this.#isJudging = isJudging;
  }

  /** Frontends that still have clients. */
  get frontends(): readonly Frontend[] {
    return [...this.#frontends];
  }

  /**
   * Frontends drain by their deadline, then pools by theirs; monitors stop at once.
   * Resolves when the frontends no longer accept: their addresses may be taken again.
   */
  async add({ frontends, pools, monitors }: Retired): Promise<void> {
    for (const frontend of frontends) this.#frontends.add(frontend);
    for (const pool of pools) this.#pools.set(pool, new AbortController());
    for (const monitor of monitors) void monitor.close();
    void this.#finish(frontends, pools);
    await Promise.all(frontends.map((frontend) => frontend.stopped));
  }

  /** Cuts whatever is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#frontends].map((frontend) => frontend.close()));
    for (const ending of this.#pools.values()) ending.abort();
    await Promise.all([...this.#pools.keys()].map((pool) => pool.close()));
  }

  async #finish(frontends: readonly Frontend[], pools: readonly Pool[]): Promise<void> {
    await Promise.all(frontends.map((frontend) => frontend.drain()));
    for (const frontend of frontends) this.#frontends.delete(frontend);
    await Promise.all(pools.map((pool) => this.#finishPool(pool)));
    for (const pool of pools) this.#pools.delete(pool);
  }

  /**
   * Requests that came by the old settings may still use the pool, queue in it, pause between two tries, or wait for a rule (a
   * limit that delays, a password): it lends on until nobody does. At its own deadline the rest is cut.
   */
  async #finishPool(pool: Pool): Promise<void> {
    const deadlineMs = this.#clock.now() + pool.config.drain.timeout;
    const signal = this.#pools.get(pool)?.signal;
    let before = Number.NaN;
    for (;;) {
      if (signal === undefined || signal.aborted) break;
      const leftMs = deadlineMs - this.#clock.now();
      if (leftMs <= 0) {
        await cutPool(pool);
        break;
      }
      const picked = this.#isJudging() ? Number.NaN : countIfIdle(pool);
      if (picked === before) break;
      before = picked;
      await sleep(this.#clock, Math.min(LOOK_MS, leftMs), signal);
    }
    await pool.close();
  }
}

/** How many picks there have been; NaN, which is like nothing else, while somebody uses the pool or queues. */
function countIfIdle(pool: Pool): number {
  const { members, queued } = pool.status();
  if (queued > 0 || members.some((member) => member.active > 0)) return Number.NaN;
  return members.reduce((sum, member) => sum + member.totals.picked, 0);
}

/** Revokes every lease; a pool that is closed meanwhile has none to revoke. */
async function cutPool(pool: Pool): Promise<void> {
  const drains = pool.members.map((member) => pool.drain(member.name, { deadlineMs: 0 }));
  await Promise.allSettled(drains);
}
