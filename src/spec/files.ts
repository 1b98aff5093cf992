// Which parts of a spec are made from files besides it.
import type { FrontendConfig } from './config.js';

/** Whether a frontend is made from files too: then an apply reads them again, though the spec says the same as before. */
export function namesFiles({ basicAuth, errorPages, maintenance }: FrontendConfig): boolean {
  return basicAuth !== undefined || errorPages !== undefined || maintenance?.page !== undefined;
}
