// A member as a server line.
import { parseHostPort } from '../core/address.js';
import type { MemberConfig, MonitorConfig } from '../spec/config.js';
import type { Backend } from './backends.js';
import { weightFactor } from './balance.js';
import type { Section } from './config-file.js';
import { renderCount } from './count.js';
import type { Emission } from './emission.js';
import { type GlobalNeeds, RESOLVERS } from './global.js';
import { serverIdsOf } from './server-ids.js';
import { renderTime } from './time.js';

/** What all servers of a backend have. */
export interface ServerOptions {
  readonly needs: GlobalNeeds;
  readonly monitor: MonitorConfig | undefined;
  /** Words of the check, TLS and stickiness. */
  readonly words: readonly string[];
  /** Words that differ by member. */
  readonly wordsOf: (member: MemberConfig, path: string) => readonly string[];
}

/** Writes a line for each member. */
export function addServers(
  emission: Emission,
  section: Section,
  backend: Backend,
  options: ServerOptions,
): void {
  const { members } = backend.pool;
  const ids = serverIdsOf(backend.pool);
  for (const [index, member] of members.entries()) {
    const path = `${backend.path}.members[${index}]`;
    const id = ids.get(member.name) ?? index + 1;
    section.addFrom(
      path,
      ['server', member.name, addressOf(member), 'id', id],
      ...memberWords(emission, backend, member, path),
      ...commonWords(backend),
      ...hostWords(emission, options.needs, member, path),
      ...options.words,
      ...options.wordsOf(member, path),
    );
  }
}

/** HAProxy takes the last colon for the port's. */
function addressOf({ address }: MemberConfig): string {
  const { host = '', port = 0 } = parseHostPort(address) ?? {};
  return `${host}:${port}`;
}

function memberWords(
  { report, backends }: Emission,
  backend: Backend,
  { weight, backup, maxConnections, state }: MemberConfig,
  path: string,
): readonly string[] {
  const isShared = backends.list().some((one) => one !== backend && one.pool === backend.pool);
  const factor = weightFactor(backend);
  const isIdle = weight === 0 || state === 'drain';
  const words = ['weight', `${isIdle ? 0 : weight * factor}`];
  if (backup) words.push('backup');
  if (maxConnections !== undefined) words.push('maxconn', renderCount(maxConnections));
  if (state === 'maintenance') words.push('disabled');
  report.exact(`${path}.name`, 'The name of the server.');
  report.exact(
    `${path}.weight`,
    factor === 1 ? 'The same weight.' : `Times ${factor}, for even shares on the ring.`,
  );
  report.exact(`${path}.backup`, backup ? 'backup.' : 'An ordinary server.');
  if (maxConnections !== undefined && isShared)
    report.approximated(
      `${path}.maxConnections`,
      'maxconn in two backends: what http and what tcp frontends send is counted apart.',
    );
  else report.exact(`${path}.maxConnections`, 'maxconn.');
  report.exact(`${path}.state`, STATE_REASONS[state]);
  report.exact(`${path}.labels`, 'Notes; nothing is written.');
  return words;
}

const STATE_REASONS = {
  ready: 'In use.',
  drain: 'Weight 0: only clients that are bound to it.',
  maintenance: 'disabled.',
} as const;

function commonWords({ pool, mode }: Backend): readonly string[] {
  const words: string[] = [];
  if (pool.slowStart > 0) words.push('slowstart', renderTime(pool.slowStart));
  if (pool.sendProxyProtocol === 'v1') words.push('send-proxy');
  if (pool.sendProxyProtocol === 'v2') words.push('send-proxy-v2');
  if (pool.sessionsOnDown === 'close') words.push('on-marked-down', 'shutdown-sessions');
  if (mode === 'http') {
    words.push('pool-max-conn', renderCount(pool.http.maxIdlePerMember));
    words.push('pool-purge-delay', renderTime(pool.http.idleTimeout));
  }
  return words;
}

/** A name is found at the start if it can be, and asked for again while HAProxy runs. */
function hostWords(
  { report }: Emission,
  needs: GlobalNeeds,
  { address }: MemberConfig,
  path: string,
): readonly string[] {
  const { host = '' } = parseHostPort(address) ?? {};
  const place = `${path}.address`;
  if (/^[\d.]+$/.test(host) || host.includes(':')) {
    report.exact(place, 'The same address.');
    return [];
  }
  const start = ['init-addr', 'last,libc,none'];
  if (host === 'localhost') {
    report.exact(place, 'Found at the start.');
    return start;
  }
  needs.resolvers();
  report.approximated(
    place,
    'Found at the start, then asked of the DNS servers of /etc/resolv.conf (not of /etc/hosts).',
  );
  return [...start, 'resolvers', RESOLVERS];
}
