// Serves the HTTP connections of a frontend with one version of its settings.
import { makeBoth } from '../../core/make-both.js';
import type { Pool } from '../../pool/pool.js';
import type { FrontendConfig } from '../../spec/config.js';
import { headReadBuffer } from '../../upstream/read-buffers.js';
import { createRequestLog } from '../access-log/request-log.js';
import {
  type ClientConnection,
  type FrontendContext,
  findPool,
  type HandlerSwitch,
  type PoolLookup,
  type ServedConnection,
} from '../handler.js';
import { Http2Connection } from '../http2/http2-connection.js';
import { PrefaceReader } from '../http2/preface.js';
import { HttpSettings } from './http-settings.js';
import { createPolicy } from './policy/create-policy.js';
import type { Policy } from './policy/policy.js';
import { RequestChannels } from './request-channels.js';
import type { TraceSink } from './request-trace.js';
import { HttpSession } from './session.js';
import type { SessionHandler } from './session-handler.js';

/**
 * The HTTP handler of a frontend. A session asks the switch for the present handler at each request, so a reload holds for
 * the next request on a kept connection.
 */
export class HttpHandler implements SessionHandler {
  readonly settings: HttpSettings;
  readonly policy: Policy | undefined;
  readonly traces: TraceSink;
  readonly #pools: PoolLookup;
  readonly #context: FrontendContext;
  readonly #handlers: HandlerSwitch<HttpHandler>;

  /** @throws EvenkeelError EK_UNKNOWN_NAME when a pool does not exist */
  constructor(
    config: FrontendConfig,
    pools: PoolLookup,
    context: FrontendContext,
    handlers: HandlerSwitch<HttpHandler>,
  ) {
    if (config.pool !== undefined) findPool(config.name, pools, config.pool);
    [this.settings, this.policy] = makeBoth(
      () => new HttpSettings(config),
      () => createPolicy({ config, pools, context }),
    );
    this.traces = new RequestChannels(createRequestLog(config, pools, context));
    this.#pools = pools;
    this.#context = context;
    this.#handlers = handlers;
  }

  /** Where requests go; undefined = the frontend has no pool. */
  get pool(): Pool | undefined {
    const { pool } = this.settings;
    return pool === undefined ? undefined : this.#pools(pool);
  }

  firstBuffer(): Buffer {
    return headReadBuffer;
  }

  serve(connection: ClientConnection): ServedConnection {
    if (connection.tls?.protocol === 'h2') {
      return new Http2Connection(connection, this.#context, this.#handlers);
    }
    if (this.settings.takesCleartextHttp2 && connection.tls === undefined) {
      return new PrefaceReader(connection, this.#context, this.#handlers);
    }
    return new HttpSession(connection, this.#context, this.#handlers);
  }
}
