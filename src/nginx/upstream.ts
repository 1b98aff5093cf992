// A pool as an upstream of nginx.
import { standIns } from '../emit/stand-ins.js';
import { byName } from '../model/slot-table.js';
import type { PoolConfig } from '../spec/config.js';
import { balanceOf } from './balance.js';
import type { Directive } from './directive.js';
import { NAMES, type NginxEmission } from './emission.js';
import { serverLine } from './member.js';
import { renderNginxSeconds } from './time.js';

/** The upstream of a pool that has members. */
export function upstreamDirective(
  emission: NginxEmission,
  pool: PoolConfig,
  path: string,
): Directive {
  const { lines, takesBackups } = balanceOf(emission, pool, path);
  const failure = failureWords(emission, pool, path);
  const members = pool.members
    .map((member, index) => ({ name: member.name, member, place: `${path}.members[${index}]` }))
    .sort(byName);
  const ordinary = standIns(pool);
  tell(emission, pool, path);
  return {
    words: ['upstream', pool.name],
    block: [
      // Counts and failures of all workers, about a kilobyte a server.
      { words: ['zone', NAMES.pool(pool.name), `${64 + 2 * members.length}k`] },
      ...lines,
      ...members.flatMap(({ member, place }) =>
        serverLine(emission, member, place, { takesBackups, standIns: ordinary, failure }),
      ),
    ],
  };
}

/** Refusals are all that nginx sees of a UDP member's health. */
function failureWords(
  { report, config }: NginxEmission,
  { outlier, health }: PoolConfig,
  path: string,
): readonly string[] {
  report.note(
    'A member that refuses (ICMP) is left out for fail_timeout, for all clients; a datagram or two of a client are lost meanwhile, and it gets an empty one. A pool of one member is never left out.',
  );
  const monitor =
    typeof health === 'string' ? config.monitors.find(({ name }) => name === health) : health;
  if (monitor !== undefined)
    report.written(
      `${path}.health`,
      'nginx has no active checks of UDP: a member that refuses is left out for as long as the check would wait while it is down.',
    );
  if (outlier === undefined)
    return ['max_fails=1', `fail_timeout=${renderNginxSeconds(monitor?.downInterval ?? 10_000)}`];
  const place = `${path}.outlier`;
  report.approximated(`${place}.consecutiveFailures`, 'max_fails: counted within fail_timeout.');
  if (outlier.ejectFor % 1000 === 0) report.exact(`${place}.ejectFor`, 'fail_timeout.');
  else report.approximated(`${place}.ejectFor`, 'fail_timeout, in whole seconds.');
  report.approximated(`${place}.maxEjectedPercent`, 'nginx may leave everyone out.');
  return [
    `max_fails=${outlier.consecutiveFailures}`,
    `fail_timeout=${renderNginxSeconds(outlier.ejectFor)}`,
  ];
}

function tell({ report }: NginxEmission, pool: PoolConfig, path: string): void {
  report.exact(`${path}.name`, 'The name of the upstream.');
  report.exact(`${path}.drain`, 'Carried out by whoever drains.');
  if (pool.discovery !== undefined)
    report.refused(`${path}.discovery`, 'Members are found while evenkeel runs; list them.');
  if (pool.sticky !== undefined)
    report.refused(`${path}.sticky`, 'nginx remembers no clients; take source-hash.');
  if (pool.panicThreshold > 0)
    report.refused(`${path}.panicThreshold`, 'nginx never uses members that are left out.');
  else report.exact(`${path}.panicThreshold`, 'Off.');
  if (pool.slowStart > 0)
    report.refused(`${path}.slowStart`, 'nginx has it in its commercial edition only.');
  else report.exact(`${path}.slowStart`, 'Off.');
  if (pool.onMemberDown === 'next')
    report.exact(`${path}.onMemberDown`, 'They are served elsewhere.');
  else report.refused(`${path}.onMemberDown`, 'nginx serves them elsewhere; take next.');
  if (pool.sessionsOnDown === 'keep') report.exact(`${path}.sessionsOnDown`, 'They go on.');
  else report.approximated(`${path}.sessionsOnDown`, 'A session ends when its member refuses.');
  if (pool.backups === 'first' && pool.members.filter(({ backup }) => backup).length > 1)
    report.approximated(`${path}.backups`, 'nginx uses all of them.');
  else report.exact(`${path}.backups`, 'The same.');
  for (const key of ['http', 'sendProxyProtocol'] as const)
    report.exact(`${path}.${key}`, 'Not for udp.');
  report.exact(`${path}.timeouts`, 'Not for udp; sessions end by udpSession.');
  report.exact(`${path}.retries`, 'Not for udp: datagrams are not sent twice.');
  report.exact(`${path}.queue`, 'Not for udp: datagrams do not wait.');
  if (pool.defaultPort !== undefined) report.exact(`${path}.defaultPort`, 'Part of the addresses.');
}
