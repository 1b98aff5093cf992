// One look at a balancer for all families of a scrape.
import type { Engine } from '../model/engine.js';
import type { BalancerStatus, FrontendStatus } from '../model/status.js';
import type { BalancerConfig } from '../spec/config.js';
import type { PoolSubject } from './pool-families.js';

interface Look {
  readonly status: BalancerStatus;
  readonly pools: readonly PoolSubject[];
}

/** The registry asks every family at once: they share one snapshot, which is forgotten when that turn is over. */
export class Scrape {
  readonly #balancer: Engine;
  #look: Look | undefined = undefined;

  constructor(balancer: Engine) {
    this.#balancer = balancer;
  }

  get frontends(): readonly FrontendStatus[] {
    return this.#now().status.frontends;
  }

  get pools(): readonly PoolSubject[] {
    return this.#now().pools;
  }

  #now(): Look {
    if (this.#look !== undefined) return this.#look;
    const status = this.#balancer.status();
    const http = httpPools(this.#balancer.spec);
    const pools = status.pools.map((pool) => ({ ...pool, isHttp: http.has(pool.name) }));
    this.#look = { status, pools };
    queueMicrotask(() => {
      this.#look = undefined;
    });
    return this.#look;
  }
}

/** Names of the pools that an http or https frontend sends requests to. */
function httpPools({ frontends }: BalancerConfig): Set<string> {
  const names = new Set<string>();
  for (const { protocol, pool, routes } of frontends) {
    if (protocol !== 'http' && protocol !== 'https') continue;
    if (pool !== undefined) names.add(pool);
    for (const route of routes) {
      if (route.pool !== undefined) names.add(route.pool);
      for (const share of route.split ?? []) names.add(share.pool);
    }
  }
  return names;
}
