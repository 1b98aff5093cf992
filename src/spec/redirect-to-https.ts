// Which port `redirectToHttps: true` means: that of the https frontends of the same spec.
import { parseHostPort } from '../core/address.js';
import type { FrontendSpec } from './frontend.js';
import { protocolOf } from './protocol.js';
import type { SpecNode } from './spec-node.js';
import { listed } from './wording.js';

/** Where https is served when nobody says otherwise. */
export const HTTPS_PORT = 443;

/** The port that https frontends listen on; {@link HTTPS_PORT} if there is none or it is not one. */
export function httpsPortOf(frontends: readonly FrontendSpec[]): number {
  const binds = frontends
    .filter((frontend) => frontend.protocol === 'https')
    .flatMap((frontend) => frontend.bind);
  const [port, ...others] = distinctPorts(binds);
  return port === undefined || others.length > 0 ? HTTPS_PORT : port;
}

/** Reports each `redirectToHttps: true` that does not tell where to. */
export function checkRedirectsToHttps(frontends: readonly SpecNode[]): void {
  const secure = frontends.filter((frontend) => protocolOf(frontend) === 'https');
  const binds = secure.flatMap((frontend) => frontend.get('bind').itemsOrSelf);
  const ports = distinctPorts(binds.flatMap((bind) => bind.text ?? []));
  for (const frontend of frontends) {
    const redirect = frontend.get('redirectToHttps');
    if (redirect.value !== true || protocolOf(frontend) !== 'http') continue;
    if (secure.length === 0) {
      redirect.fault('there is no https frontend to redirect to; write { port }');
    } else if (ports.length > 1) {
      redirect.fault(`https is served on ports ${listed(ports.map(String))}; write { port }`);
    } else if (ports[0] === 0) {
      redirect.fault('the https frontend takes any free port; write { port }');
    }
  }
}

function distinctPorts(binds: readonly string[]): readonly number[] {
  return [...new Set(binds.flatMap((bind) => parseHostPort(bind)?.port ?? []))];
}
