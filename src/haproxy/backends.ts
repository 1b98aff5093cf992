// Which backends the frontends need: one for each pool and mode, and what frontends ask of it.
import { poolsOfFrontend } from '../emit/pools-of-frontend.js';
import type { FrontendConfig, PoolConfig } from '../spec/config.js';

/** How HAProxy reads what passes. */
export type Mode = 'http' | 'tcp';

/** A pool in one mode, and the frontends that send to it. */
export interface Backend {
  /** The pool's name; with `.tcp` behind it where http frontends use the pool too. */
  readonly name: string;
  readonly pool: PoolConfig;
  /** `pools[2]`. */
  readonly path: string;
  readonly mode: Mode;
  readonly users: FrontendConfig[];
  /** Lines that routes ask for, in order. */
  readonly rules: (readonly (string | number)[])[];
}

/** The mode of a frontend; udp has none. */
export function modeOf({ protocol }: FrontendConfig): Mode {
  return protocol === 'tcp' ? 'tcp' : 'http';
}

/** Finds and makes backends. */
export class Backends {
  readonly #pools: readonly PoolConfig[];
  readonly #made: Map<string, Backend> = new Map();
  /** Pools that http frontends use. */
  readonly #http: ReadonlySet<string>;

  constructor(pools: readonly PoolConfig[], frontends: readonly FrontendConfig[]) {
    this.#pools = pools;
    this.#http = new Set(
      frontends.filter(({ protocol }) => protocol.startsWith('http')).flatMap(poolsOfFrontend),
    );
  }

  /** The backend that `user` sends to for a pool. The pool exists. */
  use(poolName: string, user: FrontendConfig): Backend {
    const mode = modeOf(user);
    const isSecond = mode === 'tcp' && this.#http.has(poolName);
    const name = isSecond ? `${poolName}.tcp` : poolName;
    let backend = this.#made.get(name);
    if (backend === undefined) {
      const index = this.#pools.findIndex((pool) => pool.name === poolName);
      const pool = this.#pools[index]!;
      backend = { name, pool, path: `pools[${index}]`, mode, users: [], rules: [] };
      this.#made.set(name, backend);
    }
    if (!backend.users.includes(user)) backend.users.push(user);
    return backend;
  }

  /** In the order of the pools. */
  list(): readonly Backend[] {
    return this.#pools.flatMap(({ name }) =>
      [this.#made.get(name), this.#made.get(`${name}.tcp`)].filter(
        (backend) => backend !== undefined,
      ),
    );
  }
}
