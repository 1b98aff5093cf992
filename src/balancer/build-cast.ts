// The first cast of a balancer: instances as they were handed over, everything else made from the spec.

import type { Emitter } from '../core/emitter.js';
import type { Frontend } from '../frontend/frontend.js';
import type { HealthChecker } from '../health/health-checker.js';
import { type BalancerEvents, EVENT_NAMES } from '../model/events.js';
import type { Pool } from '../pool/pool.js';
import type { BalancerConfig } from '../spec/config.js';
import type { Cast, Casting } from './cast.js';
import type { SortedParts } from './parts.js';

/** @internal Makes the pieces in the order in which they need each other. */
export function buildCast(casting: Casting, config: BalancerConfig, parts: SortedParts): Cast {
  const monitors = new Map<string, HealthChecker>();
  for (const monitor of config.monitors)
    monitors.set(monitor.name, parts.monitors.get(monitor.name) ?? casting.monitor(monitor));
  casting.monitors = monitors;

  const pools = new Map<string, Pool>();
  for (const poolConfig of config.pools) {
    const options = parts.poolOptions.get(poolConfig.name) ?? poolConfig;
    pools.set(poolConfig.name, parts.pools.get(poolConfig.name) ?? casting.pool(options, monitors));
  }

  const frontends = new Map<string, Frontend>();
  for (const frontendConfig of config.frontends)
    frontends.set(
      frontendConfig.name,
      parts.frontends.get(frontendConfig.name) ?? casting.frontend(frontendConfig, pools),
    );

  for (const frontend of parts.frontends.values()) frontend.joinBalancer(casting.shared.name);
  const instances = [...parts.pools.values(), ...parts.frontends.values()];
  for (const events of new Set(instances.map((instance) => instance.events)))
    passOn(events, casting.shared.events);
  return { frontends, pools, monitors };
}

/** Instances that were built alone have an emitter of their own: what it says is said here too. */
function passOn(from: Emitter<BalancerEvents>, to: Emitter<BalancerEvents>): void {
  if (from === to) return;
  for (const name of EVENT_NAMES) from.on(name, (payload) => to.emit(name, payload));
}
