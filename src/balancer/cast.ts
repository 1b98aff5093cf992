// Everything that runs under one balancer, by name, and how each piece is made.
import type { Emitter } from '../core/emitter.js';
import type { Environment } from '../core/environment.js';
import type { TimerWheel } from '../core/timer-wheel.js';
import type { AccessLogTarget } from '../frontend/access-log/log-writer.js';
import { Frontend } from '../frontend/frontend.js';
import { HealthChecker } from '../health/health-checker.js';
import type { BalancerEvents } from '../model/events.js';
import type { PoolOptions } from '../pool/options.js';
import { Pool } from '../pool/pool.js';
import type { FrontendConfig, MonitorConfig, PoolConfig } from '../spec/config.js';

/** @internal The pieces of a balancer, in the order of its spec. */
export interface Cast {
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly monitors: ReadonlyMap<string, HealthChecker>;
}

/** What all pieces share. */
export interface SharedParts {
  /** The balancer's name. */
  readonly name: string;
  readonly environment: Environment;
  readonly wheel: TimerWheel;
  readonly events: Emitter<BalancerEvents>;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly allowExec: boolean;
  /** Where access logs go; undefined = standard output. */
  readonly accessLog: AccessLogTarget | undefined;
}

/** @internal Makes frontends, pools and health checkers that share one clock, wheel and emitter. */
export class Casting {
  readonly shared: SharedParts;
  /** The monitors that pools find by name; replaced when an apply changes them. */
  monitors: ReadonlyMap<string, HealthChecker> = new Map();

  constructor(shared: SharedParts) {
    this.shared = shared;
  }

  monitor(config: MonitorConfig): HealthChecker {
    const { environment, extensions, allowExec } = this.shared;
    return new HealthChecker(config, { environment, extensions, allowExec });
  }

  /** @param monitors - where the new pool looks first, while they are not in force yet */
  pool(options: PoolOptions | PoolConfig, monitors: ReadonlyMap<string, HealthChecker>): Pool {
    const { environment, events, extensions, allowExec } = this.shared;
    let isBuilt = false;
    const pool = new Pool(options, {
      environment,
      events,
      extensions,
      allowExec,
      monitors: (name) => (isBuilt ? this.monitors : monitors).get(name),
    });
    isBuilt = true;
    return pool;
  }

  /** Whether the pool could be made: throws what its constructor throws, and leaves nothing behind. */
  tryPool(config: PoolConfig, monitors: ReadonlyMap<string, HealthChecker>): void {
    const { environment, extensions, allowExec } = this.shared;
    void new Pool(config, {
      environment,
      extensions,
      allowExec,
      monitors: (name) => monitors.get(name),
    });
  }

  frontend(config: FrontendConfig, pools: ReadonlyMap<string, Pool>): Frontend {
    const { name: balancer, environment, wheel, events, extensions, accessLog } = this.shared;
    return new Frontend(config, {
      environment,
      wheel,
      events,
      extensions,
      ...(accessLog === undefined ? {} : { accessLog }),
      balancer,
      pools: (name) => pools.get(name),
    });
  }
}
