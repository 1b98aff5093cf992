// Whether a request may go over a connection to a member that others have used, and whether one is kept for others.
import type { PoolConfig } from '../../spec/config.js';
import type { HeldBody } from './held-body.js';
import type { RequestState } from './request-state.js';

/** Whether connections to the members of such a pool are kept for other requests. */
export function keepsLinks({ http, sendProxyProtocol }: PoolConfig): boolean {
  return http.reuse !== 'never' && sendProxyProtocol === 'none';
}

/** `safe`: an idle connection may be closing this very moment, so only a request that could be sent again takes one. */
export function mayReuseLink(config: PoolConfig, request: RequestState, held: HeldBody): boolean {
  const { http } = config;
  if (!keepsLinks(config)) return false;
  // A member of HTTP/2 tells which requests it did not act on.
  if (http.reuse === 'always' || http.version === '2') return true;
  return !request.isFirst && request.isIdempotent && held.couldHold(request.declaredBytes);
}
