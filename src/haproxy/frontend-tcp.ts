// A tcp frontend: routes by server name and source.
import type { FrontendConfig } from '../spec/config.js';
import { addAccessLog } from './access-log.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { addMatch } from './match.js';
import { addTcpLimits, firstCounter } from './rate-limit.js';
import { renderTime } from './time.js';

/** Writes what a connection meets. @returns sections that the frontend refers to */
export function addTcpRules(
  emission: Emission,
  section: Section,
  frontend: FrontendConfig,
  path: string,
): readonly Section[] {
  const { backends, report } = emission;
  if (looksAtNames(frontend) && frontend.tls === undefined) addInspection(section, frontend);
  const endsTls = frontend.tls !== undefined;
  for (const [index, { match, pool = '' }] of frontend.routes.entries()) {
    const place = `${path}.routes[${index}]`;
    const prefix = `r${index}`;
    const names = addMatch(emission, { section, prefix, path: `${place}.match`, endsTls }, match);
    if (names.length === 0) report.exact(`${place}.match`, 'Everything that comes so far.');
    const condition = names.length === 0 ? [] : ['if', ...names];
    section.addFrom(place, 'use_backend', backends.use(pool, frontend).name, ...condition);
    report.exact(`${place}.pool`, 'A backend.');
  }
  if (frontend.pool !== undefined) {
    section.add('default_backend', backends.use(frontend.pool, frontend).name);
    report.exact(`${path}.pool`, 'default_backend.');
  }
  addAccessLog(emission, section, frontend, path);
  tell(emission, frontend, path);
  return addTcpLimits(
    emission,
    {
      section,
      path: `${path}.rateLimit`,
      name: `limit.${frontend.name}`,
      counter: firstCounter(frontend),
      condition: [],
    },
    frontend,
  );
}

function looksAtNames({ routes }: FrontendConfig): boolean {
  return routes.some(({ match }) => match.sni !== undefined);
}

/**
 * The ClientHello is waited for, as long as `clientHello`; what does not begin like TLS goes on at its first byte.
 * A record of TLS begins with 0x16.
 */
function addInspection(section: Section, { timeouts }: FrontendConfig): void {
  section.add('tcp-request', 'inspect-delay', renderTime(timeouts.clientHello));
  section.add('tcp-request', 'content', 'accept', 'if', '{', 'req.ssl_hello_type', '1', '}');
  section.add(
    ['tcp-request', 'content', 'accept', 'if', '{', 'req.len', 'gt', '0', '}'],
    ['!{', 'req.payload(0,1)', '-m', 'bin', '--', '16', '}'],
  );
  section.add('tcp-request', 'content', 'reject');
}

function tell({ report }: Emission, frontend: FrontendConfig, path: string): void {
  const place = `${path}.timeouts`;
  report.approximated(
    `${place}.client`,
    "Ends the client's half only; the pair ends by `server` of the pool.",
  );
  report.approximated(
    `${place}.tunnel`,
    'Counted from the connection on, not from the first answer.',
  );
  const waits = frontend.tls === undefined && looksAtNames(frontend);
  report.exact(
    `${place}.clientHello`,
    waits ? 'tcp-request inspect-delay.' : 'Not for frontends that wait for no server name.',
  );
  for (const key of ['requestHead', 'keepAlive', 'udpSession', 'total'] as const)
    if (frontend.timeouts[key] !== undefined) report.exact(`${place}.${key}`, 'Not for tcp.');
  for (const key of ['forwarded', 'upgrades', 'methods', 'limits'] as const)
    report.exact(`${path}.${key}`, 'Not for tcp.');
  report.note('TCP clients without a member get FIN, not a reset.');
  if (frontend.routes.length === 0) report.exact(`${path}.routes`, 'None.');
}
