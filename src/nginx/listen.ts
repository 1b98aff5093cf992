// The addresses of a frontend.
import { parseHostPort, renderHostPort } from '../core/address.js';
import { renderAddress } from '../emit/network.js';
import type { FrontendConfig } from '../spec/config.js';
import type { Directive } from './directive.js';
import type { NginxEmission } from './emission.js';

/**
 * A line for each socket. With `reuseport` each worker has its own, and the kernel gives it all datagrams of a client:
 * without, each of them would begin a session of its own.
 */
export function listenLines(
  emission: NginxEmission,
  { bind }: FrontendConfig,
  path: string,
): readonly Directive[] {
  return bind.flatMap((text, index) => {
    const place = `${path}.bind[${index}]`;
    return socketsOf(emission, text, place).flatMap((socket) => {
      if (emission.sockets.has(socket)) {
        emission.report.refused(
          place,
          'nginx listens on each socket once; another address of the spec is the same.',
        );
        return [];
      }
      emission.sockets.add(socket);
      return [{ words: ['listen', socket, 'udp', 'reuseport'] }];
    });
  });
}

function socketsOf({ report }: NginxEmission, text: string, path: string): readonly string[] {
  const { host = '', port = 0 } = parseHostPort(text) ?? {};
  if (port === 0) {
    report.refused(path, 'nginx can not take any free port; name one.');
    return [];
  }
  if (host === '') {
    report.exact(
      path,
      'Two sockets: all IPv4 addresses, and all IPv6 addresses; answers leave from the address that was asked.',
    );
    return [`0.0.0.0:${port}`, `[::]:${port}`];
  }
  if (host === 'localhost') {
    report.exact(path, 'The loopback address 127.0.0.1.');
    return [`127.0.0.1:${port}`];
  }
  const address = renderAddress(host);
  if (address === undefined) {
    report.refused(
      path,
      'nginx listens on plain addresses: no name, no zone, no IPv4 in disguise.',
    );
    return [];
  }
  report.exact(path, 'The same address.');
  return [renderHostPort({ host: address, port })];
}
