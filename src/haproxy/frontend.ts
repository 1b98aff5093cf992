// A frontend, whatever its protocol.
import type { ReportBuilder } from '../emit/report-builder.js';
import type { FrontendConfig } from '../spec/config.js';
import { addAccessAcls, addProxyTrust, addSourceLimit, connectionRules } from './access.js';
import { modeOf } from './backends.js';
import { addBinds } from './bind.js';
import { Section } from './config-file.js';
import { renderCount } from './count.js';
import type { Emission } from './emission.js';
import { addHttpRules } from './frontend-http.js';
import { addTcpRules } from './frontend-tcp.js';
import type { GlobalNeeds } from './global.js';
import { TOTAL_REASON } from './route-changes.js';
import { renderTime } from './time.js';
import { tlsWords } from './tls.js';

/** The sections of a frontend: what it refers to first, then itself. */
export function frontendSections(
  emission: Emission,
  needs: GlobalNeeds,
  frontend: FrontendConfig,
  index: number,
): readonly Section[] {
  const path = `frontends[${index}]`;
  const { report } = emission;
  const section = new Section('frontend', frontend.name, path);
  const mode = modeOf(frontend);
  section.add('mode', mode);
  addBinds(emission, section, frontend, path, tlsWords(emission, frontend, path));
  section.add('maxconn', renderCount(frontend.maxConnections));
  section.add('timeout', 'client', renderTime(frontend.timeouts.client));
  report.exact(`${path}.name`, 'The name of the frontend.');
  report.exact(`${path}.protocol`, `mode ${mode}.`);
  report.exact(`${path}.maxConnections`, 'maxconn; later ones wait in the backlog of the kernel.');
  report.exact(
    `${path}.drain`,
    'Carried out by whoever drains; a reload waits this long at least.',
  );
  if (frontend.rateLimit?.length === 0) report.exact(`${path}.rateLimit`, 'None.');
  addProxyTrust(emission, section, frontend, path);
  const tables = [...addSourceLimit(emission, section, frontend, path)];
  const denied = addAccessAcls(emission, section, frontend);
  if (frontend.access !== undefined)
    report.exact(`${path}.access`, mode === 'http' ? 'Answered 403.' : 'Reset.');
  if (mode === 'tcp') {
    for (const condition of denied)
      section.add('tcp-request', connectionRules(frontend), 'reject', ...condition);
    tellHandshake(report, frontend, path);
    const limits = addTcpRules(emission, section, frontend, path);
    return [...tables, ...limits, section];
  }
  const others = addHttpRules(emission, { section, path, needs, denied }, frontend);
  tellTimeouts(emission, frontend, path);
  return [...others, ...tables, section];
}

/** How long a handshake may take. */
function tellHandshake(report: ReportBuilder, { tls }: FrontendConfig, path: string): void {
  const place = `${path}.timeouts.tlsHandshake`;
  if (tls === undefined) report.exact(place, 'No TLS.');
  else report.approximated(place, 'A handshake may take as long as `client` says.');
}

function tellTimeouts({ report }: Emission, frontend: FrontendConfig, path: string): void {
  const { timeouts } = frontend;
  const place = `${path}.timeouts`;
  report.exact(`${place}.requestHead`, 'timeout http-request.');
  report.exact(`${place}.client`, 'timeout client.');
  report.exact(`${place}.keepAlive`, 'timeout http-keep-alive.');
  report.exact(`${place}.tunnel`, 'timeout tunnel of the backends.');
  for (const key of ['clientHello', 'udpSession'] as const)
    report.exact(`${place}.${key}`, 'Not for http.');
  tellHandshake(report, frontend, path);
  if (timeouts.total !== undefined) report.approximated(`${place}.total`, TOTAL_REASON);
}
