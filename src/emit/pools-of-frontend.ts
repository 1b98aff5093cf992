// Which pools a frontend may send to.
import type { BalancerConfig, FrontendConfig, PoolConfig, RouteConfig } from '../spec/config.js';

/** Their names, the default pool's first. */
export function poolsOfFrontend({ pool, routes }: FrontendConfig): readonly string[] {
  const named = routes.flatMap(poolsOfRoute);
  return pool === undefined ? named : [pool, ...named];
}

/** Pools that a route may send to. */
export function poolsOfRoute({ pool, split = [] }: RouteConfig): readonly string[] {
  return [...(pool === undefined ? [] : [pool]), ...split.map((share) => share.pool)];
}

/** Whether a frontend of that kind may send to a pool. */
export function isUsedBy(
  config: BalancerConfig,
  pool: PoolConfig,
  kind: 'udp' | 'others',
): boolean {
  return config.frontends.some(
    (frontend) =>
      (frontend.protocol === 'udp') === (kind === 'udp') &&
      poolsOfFrontend(frontend).includes(pool.name),
  );
}
