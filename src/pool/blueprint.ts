// Everything a pool is made of, worked out before anything is changed: what may throw throws here.
import { isDeepStrictEqual } from 'node:util';
import type { Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import { HealthChecker } from '../health/health-checker.js';
import type { PoolConfig } from '../spec/config.js';
import { noSuchMonitor } from '../spec/no-such-monitor.js';
import { createStrategy } from '../strategy/registry.js';
import type { Strategy } from '../strategy/strategy.js';
import { createDiscovery } from './discovery/create-discovery.js';
import type { Discovery } from './discovery/discovery.js';
import { type PoolDependencies, type PoolOptions, resolveOptions } from './options.js';

/** @internal The settings of a pool and the parts made for them. */
export interface Blueprint {
  readonly config: PoolConfig;
  readonly strategy: Strategy;
  /** Whether the strategy is an instance that the host has given. */
  readonly isStrategyOfHost: boolean;
  readonly checker: HealthChecker | undefined;
  /** Whether the pool made the checker itself, and so closes it. */
  readonly ownsChecker: boolean;
  readonly discovery: Discovery | undefined;
}

/**
 * @internal Makes the parts for these options; those whose settings did not change are taken over from `before`.
 * @throws SpecError, EvenkeelError: see `Pool`
 */
export function drawBlueprint(
  options: PoolOptions | PoolConfig,
  dependencies: PoolDependencies,
  environment: Environment,
  before?: Blueprint,
): Blueprint {
  const { config: given, strategy, checker } = resolveOptions(options, dependencies);
  const config = keepTls(given, before);
  // Settings can't hold an instance: what they leave as it was means the instance, but a plain word means what it says.
  const isNamed = typeof options.strategy === 'string';
  const reused = isNamed ? undefined : reuseStrategy(config, before);
  return {
    config,
    strategy: strategy ?? reused ?? createStrategy(config.strategy, environment.random),
    isStrategyOfHost:
      strategy !== undefined || (reused !== undefined && before?.isStrategyOfHost === true),
    ...(checker === undefined && options.health !== 'none'
      ? findChecker(config, dependencies, environment, before)
      : { checker, ownsChecker: false }),
    discovery: findDiscovery(config, dependencies, environment, before),
  };
}

/** Where TLS stays the same it stays the very object: connections to members, and the sessions to resume, are known by it. */
function keepTls(config: PoolConfig, before: Blueprint | undefined): PoolConfig {
  const tls = before?.config.tls;
  if (tls === undefined || !isDeepStrictEqual(config.tls, tls)) return config;
  return Object.freeze({ ...config, tls });
}

function reuseStrategy(config: PoolConfig, before: Blueprint | undefined): Strategy | undefined {
  return isDeepStrictEqual(config.strategy, before?.config.strategy) ? before?.strategy : undefined;
}

function findChecker(
  config: PoolConfig,
  dependencies: PoolDependencies,
  environment: Environment,
  before: Blueprint | undefined,
): Pick<Blueprint, 'checker' | 'ownsChecker'> {
  const { health } = config;
  // A name is looked up every time: the monitor behind it may be another one now.
  if (typeof health === 'string') {
    const checker = dependencies.monitors?.(health);
    if (checker === undefined)
      throw new EvenkeelError(
        'EK_UNKNOWN_NAME',
        `pool "${config.name}": ${noSuchMonitor(health, [])}`,
      );
    return { checker, ownsChecker: false };
  }
  if (
    before !== undefined &&
    isDeepStrictEqual(health, before.config.health) &&
    !hasOtherTls(config, before.config)
  )
    return { checker: before.checker, ownsChecker: before.ownsChecker };
  if (health === undefined) return { checker: undefined, ownsChecker: false };
  const { extensions, allowExec } = dependencies;
  const checker = new HealthChecker(health, {
    environment,
    ...(extensions === undefined ? {} : { extensions }),
    ...(allowExec === undefined ? {} : { allowExec }),
    ...(config.tls === undefined ? {} : { tls: config.tls }),
  });
  return { checker, ownsChecker: true };
}

/** Whether checks would go by other TLS than before: those of one checker go by one object of settings. */
function hasOtherTls({ health, tls }: PoolConfig, before: PoolConfig): boolean {
  if (typeof health !== 'object' || tls === before.tls) return false;
  return health.type === 'https' || health.type === 'tls';
}

function findDiscovery(
  config: PoolConfig,
  dependencies: PoolDependencies,
  environment: Environment,
  before: Blueprint | undefined,
): Discovery | undefined {
  const { discovery, defaultPort } = config;
  if (discovery === undefined) return undefined;
  if (
    before !== undefined &&
    defaultPort === before.config.defaultPort &&
    isDeepStrictEqual(discovery, before.config.discovery)
  )
    return before.discovery;
  return createDiscovery(discovery, {
    environment,
    defaultPort,
    extensions: dependencies.extensions ?? {},
  });
}
