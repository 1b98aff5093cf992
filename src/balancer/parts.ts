// What a Balancer is built from: a spec, or a spec in which classes stand in for some of its objects.
import { EvenkeelError } from '../core/errors.js';
import { Frontend, type FrontendOptions } from '../frontend/frontend.js';
import { nameFrontendPools } from '../frontend/frontend-options.js';
import { HaPair } from '../ha/ha-pair.js';
import { HealthChecker } from '../health/health-checker.js';
import { type PoolOptions, resolveOptions } from '../pool/options.js';
import { Pool } from '../pool/pool.js';
import type { BalancerSpec } from '../spec/balancer.js';
import type { HaSpec } from '../spec/ha.js';
import type { MonitorSpec } from '../spec/health.js';
import type { Host } from '../spec/host.js';
import type { ServiceSpec } from '../spec/service.js';

/**
 * A spec in which instances may stand in for objects, mixed as you like.
 * What is handed over belongs to the balancer from then on: it starts and closes it.
 * A `Frontend` brings the `Pool` instances along that it was built with.
 *
 * @example
 * ```ts
 * const web = new Pool({ name: 'web', members: ['10.0.0.1:80'] });
 * new Balancer({ frontends: [{ name: 'public', protocol: 'http', bind: [':80'], pool: web }] });
 * ```
 */
export type BalancerParts = Omit<BalancerSpec, 'frontends' | 'pools' | 'monitors' | 'ha'> & {
  /** Where a plain object names a pool, a `Pool` may stand instead. */
  readonly frontends?: readonly (FrontendOptions | Frontend)[];
  /** A plain object may hold a `Strategy` or `HealthChecker` instance. */
  readonly pools?: readonly (PoolOptions | Pool)[];
  readonly monitors?: readonly (MonitorSpec | HealthChecker)[];
  /** A pair that runs already goes on. */
  readonly ha?: HaSpec | HaPair;
};

/** @internal The instances among the parts by their names, and the spec with their settings in their places. */
export interface SortedParts {
  /** Not checked yet. */
  readonly spec: unknown;
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Plain pools with an instance inside. */
  readonly poolOptions: ReadonlyMap<string, PoolOptions>;
  readonly monitors: ReadonlyMap<string, HealthChecker>;
  readonly pair: HaPair | undefined;
  /** The code that the instances were built with: what their settings name exists, whether the host names it or not. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/**
 * @internal Tells instances and plain objects apart; what is neither is left for the schema to complain about.
 * @throws SpecError when an object that holds instances has faults; EvenkeelError `EK_IN_USE` for two pools of one name
 */
export function sortParts(
  input: BalancerSpec | ServiceSpec | BalancerParts,
  host: Host,
): SortedParts {
  const sorter = new Sorter(host);
  const spec = isBare(input) ? input : sorter.sort(input);
  const { frontends, pools, poolOptions, monitors, pair } = sorter;
  const extensions: Record<string, unknown> = {};
  for (const instances of [frontends, pools, monitors])
    for (const instance of instances.values()) Object.assign(extensions, instance.extensions);
  return { spec, frontends, pools, poolOptions, monitors, pair, extensions };
}

/** A service, which has no parts, or no object at all: both as they are. */
function isBare(input: unknown): input is ServiceSpec {
  return typeof input !== 'object' || input === null || Array.isArray(input) || 'backends' in input;
}

/** Collects the instances, and returns for each part what the spec says of it. */
class Sorter {
  readonly frontends: Map<string, Frontend> = new Map();
  readonly pools: Map<string, Pool> = new Map();
  readonly poolOptions: Map<string, PoolOptions> = new Map();
  readonly monitors: Map<string, HealthChecker> = new Map();
  pair: HaPair | undefined;

  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The spec, with settings where instances stood. */
  sort(parts: BalancerParts): unknown {
    const { frontends, pools, monitors, ha } = parts;
    const spec: Record<string, unknown> = { ...parts };
    if (ha instanceof HaPair) {
      this.pair = ha;
      spec['ha'] = ha.config;
    }
    if (Array.isArray(monitors)) spec['monitors'] = monitors.map((part) => this.#monitor(part));
    if (Array.isArray(frontends)) spec['frontends'] = frontends.map((part) => this.#frontend(part));
    if (pools !== undefined && !Array.isArray(pools)) return spec;
    const listed = pools ?? [];
    const poolSpecs = listed.map((part) => this.#pool(part));
    const brought = [...this.pools.values()].filter((pool) => !listed.includes(pool));
    return { ...spec, pools: [...poolSpecs, ...brought.map((pool) => pool.config)] };
  }

  #monitor(part: MonitorSpec | HealthChecker): unknown {
    if (!(part instanceof HealthChecker)) return part;
    this.monitors.set(part.config.name, part);
    return part.config;
  }

  #frontend(part: FrontendOptions | Frontend): unknown {
    if (part instanceof Frontend) {
      this.frontends.set(part.name, part);
      for (const pool of part.pools) this.#take(pool);
      return part.config;
    }
    return nameFrontendPools(part, (pool) => this.#take(pool));
  }

  #pool(part: PoolOptions | Pool): unknown {
    if (part instanceof Pool) {
      this.#take(part);
      return part.config;
    }
    const { strategy, health } = part ?? {};
    const isPlain =
      !(health instanceof HealthChecker) &&
      !(typeof strategy === 'object' && strategy !== null && 'build' in strategy);
    if (isPlain) return part;
    const { config } = resolveOptions(part, this.#host);
    this.poolOptions.set(config.name, part);
    return config;
  }

  /** Two pools of one name could not be told apart by any frontend. */
  #take(pool: Pool): void {
    const known = this.pools.get(pool.name);
    if (known !== undefined && known !== pool)
      throw new EvenkeelError('EK_IN_USE', `two different pools are named "${pool.name}"`);
    this.pools.set(pool.name, pool);
  }
}
