// Limits that the host sets on specs: options of the program, not of the spec.
import type { SpecNode } from './spec-node.js';

/** How large a spec may be; every field is a count, absent = unlimited. */
export interface HostLimits {
  readonly maxFrontends?: number;
  readonly maxPools?: number;
  /** Members written in one balancer, all pools together. */
  readonly maxMembers?: number;
  /** Balancers in one process; looked at by whoever starts them, not by a parse. */
  readonly maxBalancers?: number;
}

/** Reports every limit that a balancer exceeds with `EK_LIMIT`. */
export function checkLimits(balancer: SpecNode, limits: HostLimits): void {
  const frontends = balancer.get('frontends');
  const pools = balancer.get('pools');
  checkCount(frontends, 'frontends', frontends.items.length, limits.maxFrontends);
  checkCount(pools, 'pools', pools.items.length, limits.maxPools);
  let members = 0;
  for (const pool of pools.items) members += pool.get('members').items.length;
  checkCount(pools, 'members', members, limits.maxMembers);
}

function checkCount(
  node: SpecNode,
  what: string,
  count: number,
  limit = Number.POSITIVE_INFINITY,
): void {
  if (count > limit)
    node.fault(`the host allows at most ${limit} ${what}, got ${count}`, 'EK_LIMIT');
}
