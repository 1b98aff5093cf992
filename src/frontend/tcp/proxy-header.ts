// The PROXY header that tells a tcp member who its client is.
import type { PoolConfig } from '../../spec/config.js';
import { renderProxyV1, renderProxyV2 } from '../../wire/proxy-protocol.js';
import type { ClientConnection } from '../handler.js';

/** The header of the pool's version; undefined where it wants none. */
export function proxyHeader(config: PoolConfig, client: ClientConnection): Buffer | undefined {
  switch (config.sendProxyProtocol) {
    case 'v1':
      return renderProxyV1(client);
    case 'v2':
      return renderProxyV2(client);
    default:
      return undefined;
  }
}
