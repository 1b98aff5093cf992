// What the translators of one emission share.
import type { ReportBuilder } from '../emit/report-builder.js';
import type { BalancerConfig, PoolConfig } from '../spec/config.js';

/** One emission. */
export interface NginxEmission {
  readonly config: BalancerConfig;
  readonly report: ReportBuilder;
  /** Sockets that a server listens on already: nginx takes each once. */
  readonly sockets: Set<string>;
}

/** The pool of that name, and whether nginx can have it: an upstream needs a server. */
export function findPool(
  { config }: NginxEmission,
  name: string | undefined,
): PoolConfig | undefined {
  return config.pools.find((pool) => pool.name === name && pool.members.length > 0);
}

/** Names of what nginx knows by name: by kind, so that no two are the same. */
export const NAMES: Readonly<
  Record<'pool' | 'sessions' | 'sources' | 'route', (name: string) => string>
> = {
  /** Memory of an upstream. */
  pool: (name) => `pool_${name}`,
  /** Memory of the sessions of a frontend. */
  sessions: (name) => `sessions_${name}`,
  /** Memory of the sessions of each client of a frontend. */
  sources: (name) => `sources_${name}`,
  /** Variable with the pool of a client. Names have no `_` of their own. */
  route: (name) => `route_${name.replaceAll('-', '_')}`,
};
