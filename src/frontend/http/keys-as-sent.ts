// Which requests a pool must see as the client sent them: where what is forwarded says something else about their key.
import type { Pool } from '../../pool/pool.js';
import { isChangedField } from '../../wire/http1/field-name.js';
import type { RequestHead } from '../../wire/http1/request-record.js';

/**
 * Whether the pool may choose by lines that the composed request does not have as they came: X-Forwarded-For, what Connection
 * names, the Host of an HTTP/1.0 request without one. Pools that hash nothing are done with after a look at their settings.
 */
export function goesByChangedLines(pool: Pool, head: RequestHead): boolean {
  // Nobody knows what it will ask for.
  if (pool.hasStrategyOfHost) return true;
  const { sticky, strategy } = pool.config;
  const key = strategy.type === 'hash' ? strategy.key : undefined;
  if (key === undefined && sticky === undefined) return false;
  if (head.nominatedCount > 0 || !head.hasHostLine) return true;
  if (sticky?.mode === 'header' && isChangedField(sticky.header)) return true;
  return typeof key === 'object' && 'header' in key && isChangedField(key.header);
}
