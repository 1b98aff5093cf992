// Requests for the tests of the route room, made of what matters.
import type { RoutedRequest } from '../../../src/route/routed-request.js';

/** What a request is like; the rest is a GET of `/` by 192.0.2.1. */
export interface RequestParts {
  readonly source?: string;
  readonly method?: string;
  readonly host?: string;
  readonly target?: string;
  /** Lines, names in lower case. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly cookies?: Readonly<Record<string, string>>;
}

/** A request of these parts. */
export function request(parts: RequestParts = {}): RoutedRequest {
  const { headers = [], cookies = {}, target = '/' } = parts;
  const query = new Map(
    (target.split('?')[1] ?? '')
      .split('&')
      .reverse()
      .map((pair) => {
        const [name = '', value] = pair.split('=');
        return [name, value];
      }),
  );
  return {
    source: parts.source ?? '192.0.2.1',
    method: parts.method ?? 'GET',
    host: parts.host ?? 'app.test',
    target,
    attribute(kind, name) {
      if (kind === 'cookie') return cookies[name];
      return kind === 'query' ? query.get(name) : undefined;
    },
    hasHeader: (name, value) => headers.some((line) => line[0] === name && line[1] === value),
  };
}
