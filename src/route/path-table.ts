// Routes of one host, found by path: a tree of segments for prefixes, a map for exact paths, a list for patterns.
import { Regex } from '../core/regex.js';
import type { PathMatchConfig } from '../spec/config.js';
import type { Conditions } from './conditions.js';
import type { RoutedRequest } from './routed-request.js';

/** A route as the tables know it: its place in the document, and what else it asks for. */
export interface Candidate {
  readonly index: number;
  /** undefined = nothing else. */
  readonly conditions: Conditions | undefined;
}

/** A place in the tree of prefixes; `/a/b` is root -> `a` -> `b`. */
interface Segment {
  readonly routes: Candidate[];
  children: Map<string, Segment> | undefined;
}

interface Pattern {
  readonly regex: Regex;
  readonly route: Candidate;
}

/**
 * The routes of one host. Every list is in the order of the document, so a search through it ends at the first that fits,
 * or at the first that comes behind the best one known.
 */
export class PathTable {
  /** Those that take every path, also `*`. */
  readonly #always: Candidate[] = [];
  readonly #root: Segment = { routes: [], children: undefined };
  readonly #exact: Map<string, Candidate[]> = new Map();
  readonly #patterns: Pattern[] = [];

  /** Routes are added in their order. */
  add(path: PathMatchConfig | undefined, route: Candidate): void {
    if (path === undefined) this.#always.push(route);
    else if (typeof path === 'string') this.#addPrefix(path, route);
    else if ('regex' in path) this.#patterns.push({ regex: new Regex(path.regex), route });
    else {
      const routes = this.#exact.get(path.exact);
      if (routes === undefined) this.#exact.set(path.exact, [route]);
      else routes.push(route);
    }
  }

  #addPrefix(path: string, route: Candidate): void {
    let place = this.#root;
    for (const name of withoutEndingSlash(path).split('/').slice(1)) {
      place.children ??= new Map();
      let child = place.children.get(name);
      if (child === undefined) {
        child = { routes: [], children: undefined };
        place.children.set(name, child);
      }
      place = child;
    }
    place.routes.push(route);
  }

  /** Index of the first route in front of `limit` that takes the request; `limit` if there is none. */
  find(path: string, request: RoutedRequest, limit: number): number {
    let best = first(this.#always, request, limit);
    if (path.charCodeAt(0) === 47) {
      best = this.#findPrefix(path, request, best);
      if (this.#exact.size > 0) {
        const routes = this.#exact.get(path);
        if (routes !== undefined) best = first(routes, request, best);
      }
    }
    for (const { regex, route } of this.#patterns) {
      if (route.index >= best) break;
      if (fits(route, request) && regex.test(path)) return route.index;
    }
    return best;
  }

  #findPrefix(path: string, request: RoutedRequest, limit: number): number {
    let place = this.#root;
    let best = first(place.routes, request, limit);
    let start = 1;
    while (place.children !== undefined) {
      const slash = path.indexOf('/', start);
      const end = slash < 0 ? path.length : slash;
      const child = place.children.get(path.slice(start, end));
      if (child === undefined) break;
      best = first(child.routes, request, best);
      if (slash < 0) break;
      place = child;
      start = end + 1;
    }
    return best;
  }
}

/** `/v1/` -> `/v1`; `/` -> ''. */
export function withoutEndingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function first(routes: readonly Candidate[], request: RoutedRequest, limit: number): number {
  for (let i = 0; i < routes.length; i++) {
    const route = routes[i]!;
    if (route.index >= limit) return limit;
    if (fits(route, request)) return route.index;
  }
  return limit;
}

function fits(route: Candidate, request: RoutedRequest): boolean {
  return route.conditions === undefined || route.conditions.fit(request);
}
