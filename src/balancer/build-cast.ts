// The first cast of a balancer: instances as they were handed over, everything else made from the spec.

import type { Emitter } from '../core/emitter.js';
import type { Frontend } from '../frontend/frontend.js';
import type { HealthChecker } from '../health/health-checker.js';
import { type BalancerEvents, EVENT_NAMES } from '../model/events.js';
import type { Pool } from '../pool/pool.js';
import type { BalancerConfig } from '../spec/config.js';
import { clientTlsOf } from '../tls/client-tls.js';
import { FaultsByPath } from './at-path.js';
import type { Cast, Casting } from './cast.js';
import type { SortedParts } from './parts.js';

/** @internal Makes the pieces in the order in which they need each other. */
export function buildCast(casting: Casting, config: BalancerConfig, parts: SortedParts): Cast {
  const monitors = new Map<string, HealthChecker>();
  for (const monitor of config.monitors)
    monitors.set(monitor.name, parts.monitors.get(monitor.name) ?? casting.monitor(monitor));
  casting.monitors = monitors;

  const faults = new FaultsByPath();
  const now = casting.shared.environment.clock.wallTime();
  for (const [index, { tls }] of config.pools.entries()) {
    if (tls !== undefined) faults.collect(`pools[${index}]`, () => clientTlsOf(tls, now));
  }
  // A frontend would report the faults of its pools a second time.
  faults.throwAny();
  const pools = new Map<string, Pool>();
  for (const poolConfig of config.pools) {
    const options = parts.poolOptions.get(poolConfig.name) ?? poolConfig;
    pools.set(poolConfig.name, parts.pools.get(poolConfig.name) ?? casting.pool(options, monitors));
  }

  const frontends = new Map<string, Frontend>();
  for (const [index, frontendConfig] of config.frontends.entries()) {
    const { name } = frontendConfig;
    const frontend = faults.collect(
      `frontends[${index}]`,
      () => parts.frontends.get(name) ?? casting.frontend(frontendConfig, pools),
    );
    if (frontend !== undefined) frontends.set(name, frontend);
  }
  faults.throwAny();

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
