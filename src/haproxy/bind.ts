// The addresses of a frontend.
import { canonicalIPv6, type HostPort, parseHostPort } from '../core/address.js';
import type { FrontendConfig } from '../spec/config.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** Writes a line for each socket. `:443` is two: all IPv4 addresses, and all IPv6 ones. */
export function addBinds(
  emission: Emission,
  section: Section,
  frontend: FrontendConfig,
  path: string,
  options: readonly string[] = [],
): void {
  for (const [index, text] of frontend.bind.entries()) {
    const place = `${path}.bind[${index}]`;
    refuseTaken(emission, frontend, text, place);
    for (const words of socketsOf(emission, text, place)) {
      section.addFrom(place, 'bind', ...words, ...options);
    }
  }
}

/** HAProxy would take an address twice, and share its clients between the two (SO_REUSEPORT). */
function refuseTaken(
  { config, report }: Emission,
  frontend: FrontendConfig,
  text: string,
  place: string,
): void {
  const own = parseHostPort(text);
  const before = config.frontends
    .slice(0, config.frontends.indexOf(frontend))
    .filter(({ protocol }) => protocol !== 'udp')
    .find(({ bind }) => own !== undefined && bind.some((other) => overlaps(other, own)));
  if (before !== undefined)
    report.refused(place, `Frontend "${before.name}" listens there already.`);
}

/** Whether two addresses can't both be listened on. */
export function overlaps(text: string, own: HostPort): boolean {
  const other = parseHostPort(text);
  if (other?.port !== own.port) return false;
  return reachOf(other).some(([kind, host]) =>
    reachOf(own).some(
      ([ownKind, ownHost]) =>
        kind === ownKind && (host === ownHost || host === EVERY || ownHost === EVERY),
    ),
  );
}

const EVERY = '*';

/** Addresses of each kind that a host stands for, in one spelling. */
function reachOf({ host }: HostPort): readonly (readonly ['ipv4' | 'ipv6', string])[] {
  if (host === '')
    return [
      ['ipv4', EVERY],
      ['ipv6', EVERY],
    ];
  if (host.includes(':')) {
    const canonical = canonicalIPv6(host) ?? host;
    return [['ipv6', canonical === '[::]' ? EVERY : canonical]];
  }
  if (host === 'localhost') return [['ipv4', '127.0.0.1']];
  return [['ipv4', host === '0.0.0.0' ? EVERY : host]];
}

function socketsOf({ report }: Emission, text: string, path: string): readonly string[][] {
  const { host = '', port = 0 } = parseHostPort(text) ?? {};
  if (port === 0) {
    report.refused(path, 'HAProxy can not take any free port; name one.');
    return [];
  }
  const sockets = socketWords({ host, port });
  if (sockets === undefined)
    report.refused(path, 'A name to listen on has to be found at the start; write its address.');
  else report.exact(path, reasonOf(host));
  return sockets ?? [];
}

function reasonOf(host: string): string {
  if (host === '') return 'Two sockets: all IPv4 addresses, and all IPv6 addresses (v6only).';
  if (host === 'localhost') return 'The loopback address 127.0.0.1.';
  return host.includes(':') ? 'The same address, IPv6 only.' : 'The same address.';
}

/** Words behind `bind` for each socket of an address; undefined = a name that has to be looked up. */
export function socketWords({ host, port }: HostPort): readonly string[][] | undefined {
  if (host === '') return [[`:${port}`], [`:::${port}`, 'v6only']];
  if (host === 'localhost') return [[`127.0.0.1:${port}`]];
  if (host.includes(':')) return [[`${host}:${port}`, 'v6only']];
  return /^[\d.]+$/.test(host) ? [[`${host}:${port}`]] : undefined;
}
