// What a Pool is built from: spec objects or instances, and what the host brings.
import type { Emitter } from '../core/emitter.js';
import type { Environment } from '../core/environment.js';
import { HealthChecker } from '../health/health-checker.js';
import type { BalancerEvents } from '../model/events.js';
import type { PoolConfig } from '../spec/config.js';
import { parsePool, type StandalonePoolSpec } from '../spec/parse.js';
import type { Strategy } from '../strategy/strategy.js';

/** A pool as a spec writes it, where a strategy and a health checker may also be instances. */
export type PoolOptions = Omit<StandalonePoolSpec, 'strategy' | 'health'> & {
  readonly strategy?: StandalonePoolSpec['strategy'] | Strategy;
  /** A checker that is handed in may serve other pools too: who made it closes it. */
  readonly health?: StandalonePoolSpec['health'] | HealthChecker;
};

/** What the host brings; all of it optional. */
export interface PoolDependencies {
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
  /** Where events go. @defaultValue an emitter of the pool's own */
  readonly events?: Emitter<BalancerEvents>;
  /** Finds the shared checker that `health: NAME` means. @defaultValue there is none */
  readonly monitors?: (name: string) => HealthChecker | undefined;
  /** The host's code by name, for `custom` monitors and discovery, and sticky stores. @defaultValue none */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Whether `exec` monitors may start programs. @defaultValue false */
  readonly allowExec?: boolean;
}

/** How long a drain may take, and who may stop waiting for it. */
export interface DrainOptions {
  /** From now, ms; infinity = no deadline. @defaultValue the pool's `drain.timeout` */
  readonly deadlineMs?: number;
  /** Stops waiting: the result then says what is still open. */
  readonly signal?: AbortSignal;
}

/** @internal Options taken apart. */
export interface ResolvedOptions {
  readonly config: PoolConfig;
  readonly strategy: Strategy | undefined;
  readonly checker: HealthChecker | undefined;
}

/**
 * @internal Writes the options out and sets the instances aside.
 * @throws SpecError with every fault
 */
export function resolveOptions(
  options: PoolOptions | PoolConfig,
  { extensions, allowExec }: PoolDependencies,
): ResolvedOptions {
  const host = {
    ...(extensions === undefined ? {} : { extensions }),
    ...(allowExec === undefined ? {} : { allowExec }),
  };
  // What the spec room wrote out itself is known to it by identity, and not checked again.
  if (isPlain(options))
    return { config: parsePool(options, host), strategy: undefined, checker: undefined };
  const { strategy, health, ...rest } = options;
  const spec: StandalonePoolSpec = {
    ...rest,
    ...(strategy === undefined || isStrategy(strategy) ? {} : { strategy }),
    ...(health === undefined || health instanceof HealthChecker ? {} : { health }),
  };
  return {
    config: parsePool(spec, host),
    strategy: isStrategy(strategy) ? strategy : undefined,
    checker: health instanceof HealthChecker ? health : undefined,
  };
}

function isPlain(options: PoolOptions | PoolConfig): options is StandalonePoolSpec {
  return !isStrategy(options.strategy) && !(options.health instanceof HealthChecker);
}

function isStrategy(value: PoolOptions['strategy']): value is Strategy {
  return typeof value === 'object' && 'build' in value && typeof value.build === 'function';
}
