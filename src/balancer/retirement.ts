// What an apply has left behind: frontends and pools that finish their work, then close.
import type { Frontend } from '../frontend/frontend.js';
import type { Pool } from '../pool/pool.js';
import type { Retired } from './transition.js';

/** @internal Drains what is gone in the background; `close` cuts it short. */
export class Retirement {
  readonly #frontends: Set<Frontend> = new Set();
  readonly #pools: Set<Pool> = new Set();

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
    for (const pool of pools) this.#pools.add(pool);
    for (const monitor of monitors) void monitor.close();
    void this.#finish(frontends, pools);
    await Promise.all(frontends.map((frontend) => frontend.stopped));
  }

  /** Cuts whatever is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#frontends].map((frontend) => frontend.close()));
    await Promise.all([...this.#pools].map((pool) => pool.close()));
  }

  async #finish(frontends: readonly Frontend[], pools: readonly Pool[]): Promise<void> {
    await Promise.all(frontends.map((frontend) => frontend.drain()));
    for (const frontend of frontends) this.#frontends.delete(frontend);
    await Promise.all(pools.map(finishPool));
    for (const pool of pools) this.#pools.delete(pool);
  }
}

/** Lets the work on every member end, by the pool's own deadline, and closes the pool; one that is closed meanwhile is done too. */
async function finishPool(pool: Pool): Promise<void> {
  const drains = pool.members.map((member) => pool.drain(member.name));
  await Promise.allSettled(drains);
  await pool.close();
}
