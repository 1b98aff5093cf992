// Which handler serves which protocol.
import { EvenkeelError } from '../core/errors.js';
import type { FrontendConfig } from '../spec/config.js';
import type { ConnectionHandler, FrontendContext, HandlerSwitch, PoolLookup } from './handler.js';
import { HttpHandler } from './http/http-handler.js';
import { TcpHandler } from './tcp/tcp-handler.js';

/**
 * Builds the handler of a stream protocol.
 * @param handlers - the switch it will hang in, where its kept connections find its successor
 */
export function createHandler(
  config: FrontendConfig,
  pools: PoolLookup,
  context: FrontendContext,
  handlers: HandlerSwitch,
): ConnectionHandler {
  switch (config.protocol) {
    case 'tcp':
      return new TcpHandler(config, pools, context, handlers as HandlerSwitch<TcpHandler>);
    case 'http':
    case 'https':
      return new HttpHandler(config, pools, context, handlers as HandlerSwitch<HttpHandler>);
    default:
      throw new EvenkeelError(
        'EK_NOT_SUPPORTED',
        `frontend "${config.name}": protocol ${config.protocol} is not supported yet`,
      );
  }
}
