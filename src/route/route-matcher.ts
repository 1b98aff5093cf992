// The routes of an http frontend, compiled: which one takes a request. Its cost hardly depends on how many there are.
import { isPlainPath, otherReadings } from '../core/path-readings.js';
import type { RouteConfig } from '../spec/config.js';
import { Conditions } from './conditions.js';
import { canonicalHost, hostKey } from './host-key.js';
import { type Candidate, PathTable } from './path-table.js';
import type { RoutedRequest } from './routed-request.js';

/** No route takes the request: it is the default pool's. */
export const NO_ROUTE = -1;
/** Servers may read its path in several ways, which lead to different routes: nobody gets it. */
export const AMBIGUOUS = -2;

/**
 * First match wins, in the order of the document. Routes are found by host, then by path; what else they ask for is looked
 * at only for those. Routes with a regular expression, and routes of one host and path, are tried one after the other.
 *
 * Invariant: `find` gives the index that a loop over all routes would give.
 */
export class RouteMatcher {
  readonly #byHost: Map<string, PathTable> = new Map();
  /** `.example.com` -> routes of `*.example.com`. */
  readonly #bySuffix: Map<string, PathTable> = new Map();
  /** Routes of every host. */
  readonly #anyHost: PathTable = new PathTable();
  /** Dots in the wildcard that has most of them. */
  readonly #mostDots: number;
  readonly #looksAtPaths: boolean;
  readonly #looksAtHosts: boolean;
  readonly #count: number;

  /** @param routes - of an http frontend, checked before */
  constructor(routes: readonly RouteConfig[]) {
    this.#count = routes.length;
    this.#looksAtPaths = routes.some(({ match }) => match.path !== undefined);
    for (const [index, { match }] of routes.entries()) {
      const route: Candidate = { index, conditions: Conditions.of(match) };
      for (const table of this.#tablesFor(match.host)) table.add(match.path, route);
    }
    let mostDots = 0;
    for (const suffix of this.#bySuffix.keys()) {
      mostDots = Math.max(mostDots, suffix.split('.').length - 1);
    }
    this.#mostDots = mostDots;
    this.#looksAtHosts = this.#byHost.size + this.#bySuffix.size > 0;
  }

  /** The tables that a route belongs to, each once. */
  #tablesFor(hosts: readonly string[] | undefined): ReadonlySet<PathTable> {
    if (hosts === undefined) return new Set([this.#anyHost]);
    const tables = hosts.map((host) => {
      const name = canonicalHost(host);
      const isWildcard = name.startsWith('*.');
      const map = isWildcard ? this.#bySuffix : this.#byHost;
      const key = isWildcard ? name.slice(1) : name;
      let table = map.get(key);
      if (table === undefined) {
        table = new PathTable();
        map.set(key, table);
      }
      return table;
    });
    return new Set(tables);
  }

  /** Index of the route that takes the request, {@link NO_ROUTE} or {@link AMBIGUOUS}. */
  find(request: RoutedRequest): number {
    const { target } = request;
    const query = target.indexOf('?');
    const path = query < 0 ? target : target.slice(0, query);
    const host = this.#looksAtHosts ? hostKey(request.host) : '';
    const found = this.#findByPath(host, path, request);
    if (this.#looksAtPaths && !isPlainPath(path)) {
      for (const other of otherReadings(path)) {
        if (this.#findByPath(host, other, request) !== found) return AMBIGUOUS;
      }
    }
    return found === this.#count ? NO_ROUTE : found;
  }

  #findByPath(host: string, path: string, request: RoutedRequest): number {
    let best = this.#anyHost.find(path, request, this.#count);
    const table = this.#byHost.get(host);
    if (table !== undefined) best = table.find(path, request, best);
    if (this.#mostDots === 0) return best;
    // From `.com` to `.example.com` and on: at least one label stands in front of each.
    let dot = host.length;
    for (let dots = 0; dots < this.#mostDots; dots++) {
      dot = host.lastIndexOf('.', dot - 1);
      if (dot <= 0) break;
      const wild = this.#bySuffix.get(host.slice(dot));
      if (wild !== undefined) best = wild.find(path, request, best);
    }
    return best;
  }
}
