// Which pools a frontend may send to.
import type { BalancerConfig, FrontendConfig, PoolConfig } from '../spec/config.js';

/** Their names, the default pool's first. */
export function poolsOfFrontend({ pool, routes }: FrontendConfig): readonly string[] {
  const named = routes.flatMap((route) => [
    ...(route.pool === undefined ? [] : [route.pool]),
    ...(route.split ?? []).map((share) => share.pool),
  ]);
  return pool === undefined ? named : [pool, ...named];
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
