// The addresses of a frontend.
import { parseHostPort } from '../core/address.js';
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
  if (host === '') {
    report.exact(path, 'Two sockets: all IPv4 addresses, and all IPv6 addresses (v6only).');
    return [[`:${port}`], [`:::${port}`, 'v6only']];
  }
  if (host === 'localhost') {
    report.exact(path, 'The loopback address 127.0.0.1.');
    return [[`127.0.0.1:${port}`]];
  }
  if (host.includes(':')) {
    report.exact(path, 'The same address, IPv6 only.');
    return [[`${host}:${port}`, 'v6only']];
  }
  if (/^[\d.]+$/.test(host)) {
    report.exact(path, 'The same address.');
    return [[`${host}:${port}`]];
  }
  report.refused(path, 'A name to listen on has to be found at the start; write its address.');
  return [];
}
