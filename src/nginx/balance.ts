// How an upstream chooses a server.
import type { PoolConfig } from '../spec/config.js';
import type { Directive } from './directive.js';
import type { NginxEmission } from './emission.js';

/** A choice. */
export interface Balance {
  readonly lines: readonly Directive[];
  /** Whether nginx lets such an upstream have backups. */
  readonly takesBackups: boolean;
}

/** nginx's own round robin needs no word. */
const ROUND_ROBIN: Balance = { lines: [], takesBackups: true };

/** Writes the strategy of a pool. */
export function balanceOf(
  { report }: NginxEmission,
  { strategy }: PoolConfig,
  path: string,
): Balance {
  const place = `${path}.strategy`;
  switch (strategy.type) {
    case 'round-robin':
      report.exact(place, 'Smooth weighted round robin over sessions, shared by the workers.');
      return ROUND_ROBIN;
    case 'static-weighted':
      report.approximated(place, 'Round robin by weight, in an order of its own.');
      return ROUND_ROBIN;
    case 'least-connections':
      report.exact(place, 'least_conn.');
      return { lines: [{ words: ['least_conn'] }], takesBackups: true };
    case 'two-choices':
      report.exact(place, 'random two least_conn.');
      return { lines: [{ words: ['random', 'two', 'least_conn'] }], takesBackups: false };
    case 'random':
      report.exact(place, 'random.');
      return { lines: [{ words: ['random'] }], takesBackups: false };
    case 'source-hash':
      return sourceHash(report, place, strategy.mapping);
    case 'peak-ewma':
      report.refused(place, 'nginx does not measure latency; take two-choices.');
      return ROUND_ROBIN;
    default:
      report.refused(place, `nginx has no ${strategy.type}.`);
      return ROUND_ROBIN;
  }
}

/** Over all servers, also those that are down: a failure moves its own clients only, and they come home. */
function sourceHash(
  report: NginxEmission['report'],
  place: string,
  mapping: 'stable' | 'consistent' | 'modulo',
): Balance {
  const words = ['hash', '$binary_remote_addr'];
  if (mapping === 'consistent') {
    report.approximated(
      place,
      'The same promise with other places: few clients move, but each engine has its own table.',
    );
    return { lines: [{ words: [...words, 'consistent'] }], takesBackups: false };
  }
  if (mapping === 'stable')
    report.approximated(
      place,
      "The same promise with other places: a failed member's clients are spread and come home, the others stay; which member a client has differs.",
    );
  else
    report.approximated(
      place,
      'nginx maps over all members: a failure moves its own clients only.',
    );
  return { lines: [{ words }], takesBackups: false };
}
