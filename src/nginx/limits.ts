// How many sessions there may be: of a frontend, and of one client.
import type { FrontendConfig } from '../spec/config.js';
import type { Directive } from './directive.js';
import { NAMES, type NginxEmission } from './emission.js';

/** Memory that nginx keeps a client's count in, bytes. */
const BYTES_PER_SOURCE = 128;

/** The highest count that nginx takes. */
const HIGHEST = 65_535;

/** What is written of limits: in the stream block, and in the server. */
export interface Limits {
  readonly shared: readonly Directive[];
  readonly own: readonly Directive[];
}

/** Counts sessions in memory that all workers share. */
export function limitLines(
  { report }: NginxEmission,
  frontend: FrontendConfig,
  path: string,
): Limits {
  const { name, maxConnections, maxConnectionsPerSource } = frontend;
  // Any key that is always the same.
  const shared: Directive[] = [
    { words: ['limit_conn_zone', 'sessions', `zone=${NAMES.sessions(name)}:32k`] },
  ];
  const own: Directive[] = [limit(NAMES.sessions(name), maxConnections)];
  if (maxConnections > HIGHEST)
    report.approximated(`${path}.maxConnections`, `nginx counts ${HIGHEST} sessions at most.`);
  else report.exact(`${path}.maxConnections`, 'limit_conn over all sessions of the server.');
  if (maxConnectionsPerSource !== undefined) {
    const kilobytes = 64 + Math.ceil((Math.min(HIGHEST, maxConnections) * BYTES_PER_SOURCE) / 1024);
    shared.push({
      words: [
        'limit_conn_zone',
        '$binary_remote_addr',
        `zone=${NAMES.sources(name)}:${kilobytes}k`,
      ],
    });
    own.push(limit(NAMES.sources(name), maxConnectionsPerSource));
    report.exact(`${path}.maxConnectionsPerSource`, 'limit_conn by address.');
  }
  if ((frontend.rateLimit ?? []).length > 0)
    report.refused(`${path}.rateLimit`, 'nginx limits no rate of UDP sessions.');
  else if (frontend.rateLimit !== undefined) report.exact(`${path}.rateLimit`, 'None.');
  return { shared, own };
}

function limit(zone: string, count: number): Directive {
  return { words: ['limit_conn', zone, Math.min(HIGHEST, count)] };
}
