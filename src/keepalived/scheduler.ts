// How LVS chooses a real server.
import type { PoolConfig } from '../spec/config.js';
import type { KeepalivedEmission } from './emission.js';

const SCHEDULERS: Readonly<Record<string, readonly [string, string]>> = {
  'round-robin': ['wrr', 'Weighted round robin over sessions.'],
  'static-weighted': ['wrr', 'Weighted round robin over sessions.'],
  'least-connections': ['wlc', 'Weighted least connections.'],
  'two-choices': ['twos', 'Power of two choices, from Linux 5.11 on.'],
};

/** Writes the strategy of a pool. */
export function schedulerWords(
  { report }: KeepalivedEmission,
  { strategy }: PoolConfig,
  path: string,
): readonly (readonly string[])[] {
  const place = `${path}.strategy`;
  if (strategy.type === 'source-hash') {
    const isConsistent = strategy.mapping === 'consistent';
    report.approximated(
      place,
      isConsistent
        ? "The kernel's Maglev table: few clients move, but each engine has its own places."
        : "The kernel's own hash: other members, and a member that is taken out moves clients of others as well.",
    );
    return isConsistent
      ? [['lvs_sched', 'mh'], ['mh-fallback']]
      : [['lvs_sched', 'sh'], ['sh-fallback']];
  }
  const [scheduler = 'wrr', reason] = SCHEDULERS[strategy.type] ?? [];
  if (reason === undefined) report.refused(place, `LVS has no ${strategy.type}.`);
  else report.exact(place, reason);
  return [['lvs_sched', scheduler]];
}
