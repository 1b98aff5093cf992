// The PROXY header that goes before the first request of a member connection.
import type { PoolConfig } from '../../spec/config.js';
import { renderProxyV1, renderProxyV2 } from '../../wire/proxy-protocol.js';
import type { ClientConnection } from '../handler.js';

/** The header as latin1 text, '' where the pool wants none. */
export function proxyPreamble(config: PoolConfig, client: ClientConnection): string {
  const version = config.sendProxyProtocol;
  if (version === 'none') return '';
  const header = version === 'v1' ? renderProxyV1(client) : renderProxyV2(client);
  return header.toString('latin1');
}
