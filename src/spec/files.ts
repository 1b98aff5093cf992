// Which parts of a spec are made from files besides it.
import type { FrontendConfig, PoolConfig } from './config.js';

/** Whether a frontend is made from files too: then an apply reads them again, though the spec says the same as before. */
export function namesFiles({ tls, basicAuth, errorPages, maintenance }: FrontendConfig): boolean {
  if (tls !== undefined) return true;
  return basicAuth !== undefined || errorPages !== undefined || maintenance?.page !== undefined;
}

/** The same of a pool: what it trusts, and what it shows to members. */
export function poolNamesFiles({ tls }: PoolConfig): boolean {
  return tls?.ca !== undefined || tls?.clientCert !== undefined;
}
