// How a frontend may be described: a spec, its expansion, or either with Pool instances in the place of names.
import { Pool } from '../pool/pool.js';
import type { FrontendConfig, RouteConfig } from '../spec/config.js';
import type { FrontendSpec } from '../spec/frontend.js';
import { parseFrontend } from '../spec/parse.js';
import type { RouteSpec } from '../spec/route.js';
import type { PoolLookup } from './handler.js';

type WithPool<T> = Omit<T, 'pool'> & { readonly pool?: string | Pool };

/** A frontend as a spec or its expansion; wherever either names a pool, a `Pool` may stand instead. */
export type FrontendOptions = Omit<WithPool<FrontendSpec | FrontendConfig>, 'routes'> & {
  readonly routes?: readonly WithPool<RouteSpec | RouteConfig>[];
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
): ReadFrontend {
  const given = new Map<string, Pool>();
  const named = <T extends object>(part: WithPool<T>): unknown => {
    if (!(part.pool instanceof Pool)) return part;
    given.set(part.pool.name, part.pool);
    return { ...part, pool: part.pool.name };
  };
  const { routes } = options;
  const spec = named(options) as FrontendSpec;
  const config = parseFrontend(
    routes === undefined ? spec : { ...spec, routes: routes.map(named) as RouteSpec[] },
  );
  return {
    config,
    pools: (name) => given.get(name) ?? lookup(name),
    given: [...given.values()],
  };
}
