// What strategies, stickiness, limits and routes may ask of a simulated request.
import { cookieValue } from '../../frontend/http/request-text.js';
import type { AttributeKind } from '../../model/pick-context.js';

/** What is asked. */
export interface AttributeSource {
  readonly target: string;
  readonly host: string;
  readonly client: { readonly cookie: string };
  readonly stream: { readonly plan: { readonly headers: Readonly<Record<string, string>> } };
}

/** A part of the request; undefined = it has none. Header names are in lower case. */
export function attributeOf(
  request: AttributeSource,
  kind: AttributeKind,
  name: string,
): string | undefined {
  const { target, client, stream } = request;
  switch (kind) {
    case 'uri':
      return target;
    case 'path':
      return target.split('?', 1)[0];
    case 'query':
      return new URL(target, 'http://x').searchParams.get(name) ?? undefined;
    case 'cookie':
      return client.cookie === '' ? undefined : cookieValue(client.cookie, name);
    default:
      if (name === 'cookie') return client.cookie === '' ? undefined : client.cookie;
      if (name === 'host') return request.host === '' ? undefined : request.host;
      return stream.plan.headers[name];
  }
}
