// What a route asks of a request besides host and path.
import { CidrSet } from '../core/cidr.js';
import type { MatchConfig } from '../spec/config.js';
import type { RoutedRequest } from './routed-request.js';

type Pair = readonly [name: string, value: string];

/** The conditions of one route; the cheap ones are looked at first. */
export class Conditions {
  readonly #methods: readonly string[] | undefined;
  readonly #headers: readonly Pair[];
  readonly #queries: readonly Pair[];
  readonly #cookies: readonly Pair[];
  readonly #sources: CidrSet | undefined;

  private constructor(match: MatchConfig) {
    this.#methods = match.method;
    this.#headers = pairs(match.header).map(([name, value]) => [name.toLowerCase(), value]);
    this.#queries = pairs(match.query);
    this.#cookies = pairs(match.cookie);
    this.#sources = match.source === undefined ? undefined : new CidrSet(match.source);
  }

  /** The conditions of a route; undefined = it has none of these. */
  static of(match: MatchConfig): Conditions | undefined {
    const { method, header, query, cookie, source } = match;
    const all = [method, header, query, cookie, source];
    return all.every((one) => one === undefined) ? undefined : new Conditions(match);
  }

  /** Whether all of them fit. */
  fit(request: RoutedRequest): boolean {
    if (this.#methods !== undefined && !this.#methods.includes(request.method)) return false;
    for (const [name, value] of this.#headers) if (!request.hasHeader(name, value)) return false;
    for (const [name, value] of this.#queries) {
      if (request.attribute('query', name) !== value) return false;
    }
    for (const [name, value] of this.#cookies) {
      if (request.attribute('cookie', name) !== value) return false;
    }
    return this.#sources === undefined || this.#sources.has(request.source);
  }
}

function pairs(map: Readonly<Record<string, string>> | undefined): readonly Pair[] {
  return map === undefined ? [] : Object.entries(map);
}
