// Which headers a spec may change: none that frame a message or belong to one connection, and each once.
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** What the balancer writes or removes itself: with another hand in it a message could be read in two ways. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const X_FORWARDED: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

/** What members believe of a client: nobody else may write it. */
export const CLIENT_CERT_SUBJECT = 'x-client-cert-subject';

/** What a value for Host may be made of: host characters and the variables that are a host. */
const HOST_VALUE = /^(?:[a-z0-9._-]|\{host\}|\{tls\.sni\})+(?::\d{1,5})?$/i;

/** `Content_Length` -> `content-length`: a change takes away every line whose name differs only by `_` and `-`. */
export function headerKey(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Whether a header frames messages or belongs to one connection, under a name that differs only by `_` and `-` as well. */
export function isFraming(name: string): boolean {
  return FRAMING.has(headerKey(name));
}

/** How members are told of the client: what `forwarded` says, `x-forwarded` if it says nothing. */
export type ForwardedMode = string;

/** Reports what is wrong with the changes of headers of a frontend or route. */
export function checkHeaders(headers: SpecNode, forwarded: ForwardedMode): void {
  const request = headers.get('request');
  checkDirection(request);
  checkDirection(headers.get('response'));
  for (const [name, node] of named(request)) {
    if (name === 'expect') node.fault('expect is between client and member');
    if (name === 'host') checkHost(node, request);
    if (name === CLIENT_CERT_SUBJECT) node.fault(`${name} is written by "tls.clientAuth" alone`);
    if (isForwarded(name, forwarded)) {
      node.fault(`${name} is written by "forwarded"; change forwarded.mode instead`);
    }
  }
}

/** Whether `forwarded` writes this header ({@link headerKey}) in that mode. */
export function isForwarded(name: string, mode: ForwardedMode): boolean {
  if (name === 'forwarded') return mode === 'rfc7239' || mode === 'both';
  return X_FORWARDED.has(name) && (mode === 'x-forwarded' || mode === 'both');
}

function checkDirection(changes: SpecNode): void {
  for (const [name, node] of named(changes)) {
    if (isFraming(name)) node.fault(`${name} belongs to the connection; it can't be changed`);
  }
  for (const kind of ['set', 'add']) {
    const seen = new Map<string, string>();
    for (const key of keysOf(changes.get(kind))) {
      const first = seen.get(key.toLowerCase());
      if (first === undefined) seen.set(key.toLowerCase(), key);
      else
        changes
          .get(kind)
          .get(key)
          .fault(`is the same header as ${show(first)}`);
    }
  }
}

/** One Host, and a valid one: it may be replaced, not taken away or doubled. */
function checkHost(node: SpecNode, request: SpecNode): void {
  const isSet = keysOf(request.get('set')).some(
    (key) => request.get('set').get(key).path === node.path,
  );
  if (!isSet) node.fault('a request has one Host; it can only be set');
  else if (node.text !== undefined && !HOST_VALUE.test(node.text)) {
    node.fault(`expected a host, {host} or {tls.sni}, got ${show(node.text)}`);
  }
}

/** Each header that is named ({@link headerKey}), and where. */
function named(changes: SpecNode): readonly (readonly [string, SpecNode])[] {
  const maps = [changes.get('set'), changes.get('add')].flatMap((map) =>
    keysOf(map).map((key) => [headerKey(key), map.get(key)] as const),
  );
  const removed = changes
    .get('remove')
    .items.map((item) => [headerKey(item.text ?? ''), item] as const);
  return [...maps, ...removed];
}

function keysOf(map: SpecNode): readonly string[] {
  return map.isObject ? Object.keys(map.value as object) : [];
}
