// The hosts that the routes of a frontend name.
import type { RouteConfig } from '../spec/config.js';
import { canonicalHost, hostKey } from './host-key.js';

/** Says of a host whether a route is for it by name. */
export class RouteHosts {
  readonly #exact: Set<string> = new Set();
  /** `.example.com` of `*.example.com`. */
  readonly #suffixes: string[] = [];

  constructor(routes: readonly RouteConfig[]) {
    for (const host of routes.flatMap(({ match }) => match.host ?? [])) {
      const name = canonicalHost(host);
      if (name.startsWith('*.')) this.#suffixes.push(name.slice(1));
      else this.#exact.add(name);
    }
  }

  /** @param host - lower case without port, IPv6 in brackets */
  has(host: string): boolean {
    const key = hostKey(host);
    if (this.#exact.has(key)) return true;
    return this.#suffixes.some((suffix) => key.endsWith(suffix) && key.length > suffix.length);
  }
}
