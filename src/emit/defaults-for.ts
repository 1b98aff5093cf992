// What a spec would say if nobody had written more than it needs: the measure of what is a default.

import { expandBalancer } from '../spec/balancer.js';
import type {
  BalancerConfig,
  FrontendConfig,
  HaConfig,
  MonitorConfig,
  PoolConfig,
} from '../spec/config.js';
import { deepFreeze } from '../spec/filled.js';

/** The same frontends, pools and monitors by name, with every other field left out. */
export function defaultsFor(config: BalancerConfig): BalancerConfig {
  return deepFreeze(
    expandBalancer(
      {
        name: config.name,
        frontends: config.frontends.map(bareFrontend),
        pools: config.pools.map(barePool),
        monitors: config.monitors.map(bareMonitor),
        ...(config.ha === undefined ? {} : { ha: bareHa(config.ha) }),
      },
      (path) => path,
    ),
  );
}

function bareHa({ id, peers, bind, address }: HaConfig) {
  return { id, peers, bind, address };
}

function bareFrontend({ name, protocol, bind }: FrontendConfig) {
  return { name, protocol, bind };
}

function barePool({ name, members, health }: PoolConfig) {
  return {
    name,
    members: members.map(({ address }) => ({ address })),
    ...(typeof health === 'object' ? { health: { type: health.type } } : {}),
  };
}

function bareMonitor({ name, type }: MonitorConfig) {
  return { name, type };
}
