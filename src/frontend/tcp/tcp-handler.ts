// Serves the connections of a tcp frontend with one version of its settings.
import type { FrontendConfig } from '../../spec/config.js';
import { createConnectionLog } from '../access-log/connection-log.js';
import type {
  ClientConnection,
  ConnectionHandler,
  FrontendContext,
  HandlerSwitch,
  PoolLookup,
  ServedConnection,
} from '../handler.js';
import { SourceRoutes } from '../source-routes.js';
import { SHARED_BUFFER } from './flow.js';
import { TcpConnection, type TcpSettings } from './tcp-connection.js';

/** Relays each connection to a member of the pool that its routes name. */
export class TcpHandler implements ConnectionHandler {
  readonly settings: TcpSettings;

  /** @throws EvenkeelError EK_UNKNOWN_NAME when a pool does not exist */
  constructor(
    config: FrontendConfig,
    pools: PoolLookup,
    context: FrontendContext,
    handlers: HandlerSwitch<TcpHandler>,
  ) {
    const routes = new SourceRoutes(config, pools);
    const log = createConnectionLog(config, pools, context);
    this.settings = { routes, timeouts: config.timeouts, context, handlers, log };
  }

  firstBuffer(): Buffer {
    return SHARED_BUFFER;
  }

  serve(connection: ClientConnection): ServedConnection {
    return new TcpConnection(connection, this.settings);
  }
}
