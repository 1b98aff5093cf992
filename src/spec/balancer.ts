// A whole load balancer: what a user writes, and what it expands to.
import type { BalancerConfig } from './config.js';
import { filled } from './filled.js';
import { type FrontendSpec, frontendSchema } from './frontend.js';
import { expandFrontend } from './frontend-expansion.js';
import { expandHa, type HaSpec, haSchema } from './ha.js';
import { expandMonitor, type MonitorSpec, monitorSchema } from './health.js';
import { anyText, milliseconds, name } from './leaf.js';
import { type DrainSpec, drainSchema, expandPool, type PoolSpec, poolSchema } from './pool.js';
import { httpsPortOf } from './redirect-to-https.js';
import { list, mapOf, type ObjectOf, object, optional } from './shape.js';

/** Milliseconds of `drain.timeout` when nobody says otherwise. */
export const DEFAULT_DRAIN_MS = 30_000;

/**
 * A whole load balancer, JSON-serialisable: frontends, the pools they send to, the monitors that pools share.
 * @example { frontends: [{ name: 'public', protocol: 'http', bind: [':80'], pool: 'web' }],
 *            pools: [{ name: 'web', members: ['10.0.0.1:8080'] }] }
 */
export interface BalancerSpec {
  /** Unique among the balancers of one process. @defaultValue 'balancer' */
  readonly name?: string;
  readonly description?: string;
  /** Free notes. @defaultValue none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @defaultValue none */
  readonly frontends?: readonly FrontendSpec[];
  /** @defaultValue none */
  readonly pools?: readonly PoolSpec[];
  /** Health checks that several pools may share; each has a name. @defaultValue none */
  readonly monitors?: readonly MonitorSpec[];
  /** An active-passive pair. @defaultValue off */
  readonly ha?: HaSpec;
  /** Deadline of drains; the default of every frontend and pool. @defaultValue `{ timeout: 30s }` */
  readonly drain?: DrainSpec;
}

export const balancerSchema: ObjectOf<BalancerSpec> = object<BalancerSpec>(
  {
    name: optional(name, 'Unique among the balancers of one process. Default balancer.'),
    description: optional(anyText, 'For people.'),
    labels: optional(mapOf(anyText), 'Free notes.'),
    frontends: optional(list(frontendSchema, 'frontend'), 'Entrances.'),
    pools: optional(list(poolSchema, 'pool'), 'Groups of members.'),
    monitors: optional(list(monitorSchema, 'monitor'), 'Health checks that pools may share.'),
    ha: optional(haSchema, 'An active-passive pair. Default off.'),
    drain: optional(drainSchema, 'Deadline of drains. Default 30s.'),
  },
  { id: 'Balancer', description: 'A whole load balancer.' },
);

/** Writes a balancer out; it was checked before. */
export function expandBalancer(
  spec: BalancerSpec,
  resolvePath: (path: string) => string,
): BalancerConfig {
  const drainTimeout = milliseconds(spec.drain?.timeout ?? DEFAULT_DRAIN_MS);
  const httpsPort = httpsPortOf(spec.frontends ?? []);
  return filled<BalancerConfig>({
    name: spec.name ?? 'balancer',
    description: spec.description,
    labels: spec.labels ?? {},
    frontends: (spec.frontends ?? []).map((frontend) =>
      expandFrontend(frontend, { drainTimeout, resolvePath, httpsPort }),
    ),
    pools: (spec.pools ?? []).map((pool) => expandPool(pool, { drainTimeout, resolvePath })),
    monitors: (spec.monitors ?? []).map((monitor) =>
      expandMonitor(monitor, monitor.name ?? '', resolvePath),
    ),
    ha: spec.ha === undefined ? undefined : expandHa(spec.ha),
  });
}
