// Routes of tcp and udp frontends, compiled: which pool takes a client, by server name and source.
import { CidrSet } from '../core/cidr.js';
import type { Pool } from '../pool/pool.js';
import type { FrontendConfig } from '../spec/config.js';
import { findPool, type PoolLookup } from './handler.js';

interface Route {
  readonly names: readonly string[] | undefined;
  readonly sources: CidrSet | undefined;
  readonly pool: Pool;
}

/** The answer of a route table: a pool, none, or the wish to know the server name first. */
export type RouteAnswer = Pool | undefined | 'needs-server-name';

/** First match wins; without one the default pool takes the client. */
export class SourceRoutes {
  readonly #routes: readonly Route[];
  readonly #fallback: Pool | undefined;

  /** @throws EvenkeelError EK_UNKNOWN_NAME when a pool does not exist */
  constructor(config: FrontendConfig, pools: PoolLookup) {
    this.#routes = config.routes.map((route) => ({
      names: route.match.sni,
      sources: route.match.source === undefined ? undefined : new CidrSet(route.match.source),
      pool: findPool(config.name, pools, route.pool ?? ''),
    }));
    this.#fallback =
      config.pool === undefined ? undefined : findPool(config.name, pools, config.pool);
  }

  /**
   * @param serverName - lower case; null = the client named none (or speaks no TLS); undefined = not known yet
   */
  find(source: string, serverName: string | null | undefined): RouteAnswer {
    for (const { names, sources, pool } of this.#routes) {
      if (sources !== undefined && !sources.has(source)) continue;
      if (names === undefined) return pool;
      if (serverName === undefined) return 'needs-server-name';
      if (serverName !== null && names.some((name) => matchesName(name, serverName))) return pool;
    }
    return this.#fallback;
  }
}

/** `*.example.com` matches one label or more in front of it. */
function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name;
  return name.length > pattern.length - 1 && name.endsWith(pattern.slice(1));
}
