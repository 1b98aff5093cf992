// How a frontend may be described: a spec, its expansion, or either with Pool instances in the place of names.
import { Pool } from '../pool/pool.js';
import type { FrontendConfig, RouteConfig, ShareConfig } from '../spec/config.js';
import type { FrontendSpec } from '../spec/frontend.js';
import type { Host } from '../spec/host.js';
import { parseFrontend } from '../spec/parse.js';
import type { RouteSpec } from '../spec/route.js';
import type { PoolLookup } from './handler.js';

type WithPool<T> = Omit<T, 'pool'> & { readonly pool?: string | Pool };

/** A route in which `Pool` instances may stand for their names. */
export type RouteOptions = Omit<WithPool<RouteSpec | RouteConfig>, 'split'> & {
  readonly split?: readonly WithPool<ShareConfig>[];
};

/** A frontend as a spec or its expansion; wherever either names a pool, a `Pool` may stand instead. */
export type FrontendOptions = Omit<WithPool<FrontendSpec | FrontendConfig>, 'routes'> & {
  readonly routes?: readonly RouteOptions[];
};

/** The settings, and where to find their pools. */
export interface ReadFrontend {
  readonly config: FrontendConfig;
  readonly pools: PoolLookup;
  /** The instances among them. */
  readonly given: readonly Pool[];
}

/**
 * Puts names in the place of `Pool` instances and expands the rest.
 * @throws SpecError when the options are at fault
 */
export function readFrontendOptions(
  options: FrontendOptions,
  lookup: PoolLookup = () => undefined,
  host: Host = {},
): ReadFrontend {
  const given = new Map<string, Pool>();
  const spec = nameFrontendPools(options, (pool) => given.set(pool.name, pool));
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parseFrontend looks at everything
    config: parseFrontend(spec as FrontendSpec, host),
    pools: (name) => given.get(name) ?? lookup(name),
    given: [...given.values()],
  };
}

/** The options with names in the place of `Pool` instances, each of which `take` is told of. Faulty parts stay as they are. */
export function nameFrontendPools(options: FrontendOptions, take: (pool: Pool) => void): unknown {
  const named = (part: object & { readonly pool?: unknown }): unknown => {
    if (!(part?.pool instanceof Pool)) return part;
    take(part.pool);
    return { ...part, pool: part.pool.name };
  };
  const namedRoute = (route: RouteOptions): unknown =>
    Array.isArray(route?.split)
      ? named(Object.assign({}, route, { split: route.split.map((share) => named(share)) }))
      : named(route);
  const routes: unknown = options?.routes;
  if (!Array.isArray(routes)) return named(options);
  const namedRoutes = routes.map((route: RouteOptions) => namedRoute(route));
  return named(Object.assign({}, options, { routes: namedRoutes }));
}
