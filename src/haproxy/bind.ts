// The addresses of a frontend.
import { type HostPort, parseHostPort } from '../core/address.js';
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
    for (const words of socketsOf(emission, text, place)) {
      section.addFrom(place, 'bind', ...words, ...options);
    }
  }
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
