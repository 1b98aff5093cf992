// Rules of the features of an http frontend that one field alone can't tell.
import zlib from 'node:zlib';
import { parseDuration } from '../core/duration.js';
import {
  CLIENT_CERT_SUBJECT,
  checkHeaders,
  type ForwardedMode,
  headerKey,
  isForwarded,
  isFraming,
} from './header-rules.js';
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

const hasZstd = 'createZstdCompress' in zlib;

/** Reports what is wrong with the features of an http frontend. */
export function checkHttpFeatures(frontend: SpecNode): void {
  const forwarded = frontend.get('forwarded').get('mode').text ?? 'x-forwarded';
  checkHeaders(frontend.get('headers'), forwarded);
  checkRealm(frontend.get('basicAuth').get('realm'));
  checkRequestId(frontend.get('requestId').get('header'), forwarded);
  checkHsts(frontend.get('hsts').get('maxAge'));
  checkHttp2(frontend.get('http2').get('cleartext'), frontend.get('protocol'));
  checkCompression(frontend.get('compression'));
}

/** It stands in quotes in a header of every 401. */
function checkRealm(realm: SpecNode): void {
  if (realm.text !== undefined && !/^[\x20-\x7e]*$/.test(realm.text)) {
    realm.fault(`expected printable ASCII characters, got ${show(realm.text)}`);
  }
}

/** Headers that say what a message is, or whose: an id in their place would take that away. */
const TAKEN: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'origin',
  'range',
  'set-cookie',
  'vary',
  'www-authenticate',
]);

/** Browsers are told whole seconds; none = they forget what they knew. */
function checkHsts(maxAge: SpecNode): void {
  const { value } = maxAge;
  const ms = typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : 0;
  if (ms !== undefined && ms > 0 && ms < 1000) {
    maxAge.fault(`must be at least 1s, or 0, which makes browsers forget it, got ${show(value)}`);
  }
}

/** The id replaces whatever had that name. */
function checkRequestId(header: SpecNode, forwarded: ForwardedMode): void {
  const name = headerKey(header.text ?? '');
  if (TAKEN.has(name) || isFraming(name)) {
    header.fault(`${name} means something else; choose a name such as x-request-id`);
  } else if (name === CLIENT_CERT_SUBJECT) {
    header.fault(`${name} is written by "tls.clientAuth" alone`);
  } else if (isForwarded(name, forwarded)) {
    header.fault(`${name} is written by "forwarded"; choose a name such as x-request-id`);
  }
}

function checkCompression(compression: SpecNode): void {
  const seen = new Set<string>();
  for (const algorithm of compression.get('algorithms').items) {
    const name = algorithm.text ?? '';
    if (seen.has(name)) algorithm.fault(`${show(name)} is there already`);
    seen.add(name);
    if (name === 'zstd' && !hasZstd) algorithm.fault('zstd needs Node.js 22.15 or newer');
  }
  for (const type of compression.get('types').items) checkMediaType(type);
}

function checkMediaType(type: SpecNode): void {
  if (type.text === undefined) return;
  if (!/^[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+)$/.test(type.text)) {
    type.fault(`expected a media type such as text/html or text/*, got ${show(type.text)}`);
  }
}

/** Over TLS the two sides agree on the version (ALPN): `tls.alpn` says whether HTTP/2 is offered. */
function checkHttp2(cleartext: SpecNode, protocol: SpecNode): void {
  if (cleartext.value === true && protocol.text === 'https') {
    cleartext.fault('http2.cleartext is for http, not https; tls.alpn offers h2 there');
  }
}
