// TLS towards members is looked at before a frontend sends anybody there.
import type { FrontendConfig } from '../spec/config.js';
import { poolsOfRoute } from '../spec/route-expansion.js';
import { clientTlsOf } from '../tls/client-tls.js';
import type { PoolLookup } from './handler.js';

/**
 * Reads what the pools of a frontend need for TLS, at the first time.
 * @throws SpecError with every fault of a pool, paths relative to it: `tls.ca`
 */
export function checkPoolTls(config: FrontendConfig, pools: PoolLookup): void {
  for (const name of [config.pool, ...config.routes.flatMap(poolsOfRoute)]) {
    const tls = name === undefined ? undefined : pools(name)?.config.tls;
    if (tls !== undefined) clientTlsOf(tls);
  }
}
