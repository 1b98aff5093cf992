// Rules of one frontend: a protocol refuses what it can't do, by name.
import { isDeepStrictEqual } from 'node:util';
import { HTTP_ONLY_DEFAULTS } from './frontend-expansion.js';
import { checkExtension, type Host } from './host.js';
import { checkHttpFeatures } from './http-features-rules.js';
import { isHttp, protocolOf } from './protocol.js';
import type { SpecNode } from './spec-node.js';
import { refuseInFrontend } from './unsupported.js';

/** Blocks that only http knows, besides those with a default. */
const HTTP_BLOCKS: readonly string[] = [
  'headers',
  'compression',
  'basicAuth',
  'errorPages',
  'hsts',
  'requestId',
  'maintenance',
  'http2',
];

/** Fields of a route that only http knows. */
const HTTP_ROUTE_FIELDS: readonly string[] = [
  'split',
  'sticky',
  'redirect',
  'respond',
  'headers',
  'rateLimit',
  'timeouts',
  'rewritePath',
  'retries',
];

/** Fields of a match that only http knows. */
const HTTP_MATCH_FIELDS: readonly string[] = ['host', 'path', 'method', 'header'];

/** Reports every rule that a frontend breaks by itself. */
export function checkFrontend(frontend: SpecNode, host: Host): void {
  const protocol = protocolOf(frontend);
  if (protocol === 'tcp' || protocol === 'udp') checkPlainProtocol(frontend, protocol);
  if (protocol === 'udp') checkUdp(frontend);
  if (protocol === 'http' || protocol === 'https') {
    checkHttpRoutes(frontend, protocol);
    checkHttpFeatures(frontend);
  }
  if (protocol !== 'https') {
    for (const key of ['tls', 'hsts']) {
      const block = frontend.get(key);
      if (block.isPresent && protocol !== undefined && !(key === 'hsts' && !isHttp(protocol))) {
        block.fault(`${key} is for https, not ${protocol}`);
      }
    }
  } else {
    checkHttps(frontend);
  }
  for (const limit of frontend.get('rateLimit').itemsOrSelf) checkStore(limit, host);
  for (const route of frontend.get('routes').items) {
    for (const limit of route.get('rateLimit').itemsOrSelf) checkStore(limit, host);
  }
  refuseInFrontend(frontend);
}

function checkStore(limit: SpecNode, host: Host): void {
  const store = limit.get('store');
  if (store.text !== 'memory') checkExtension(store, host);
}

function checkPlainProtocol(frontend: SpecNode, protocol: 'tcp' | 'udp'): void {
  for (const [key, unused] of Object.entries(HTTP_ONLY_DEFAULTS)) {
    const field = frontend.get(key);
    // What an expanded spec says here is allowed, so that an expansion is a valid spec.
    if (field.isPresent && !isDeepStrictEqual(field.value, unused))
      refuseHttpOnly(field, key, protocol);
  }
  for (const key of HTTP_BLOCKS) {
    if (frontend.get(key).isPresent) refuseHttpOnly(frontend.get(key), key, protocol);
  }
  const redirect = frontend.get('redirectToHttps');
  if (redirect.isPresent && redirect.value !== false)
    refuseHttpOnly(redirect, 'redirectToHttps', protocol);
  for (const route of frontend.get('routes').items) checkPlainRoute(route, protocol);
  if (!frontend.get('pool').isPresent && !hasCatchAll(frontend)) {
    frontend
      .get('pool')
      .fault(
        `is missing; a ${protocol} frontend needs a pool or a last route that matches everything`,
      );
  }
}

function refuseHttpOnly(node: SpecNode, what: string, protocol: string): void {
  node.fault(`${what} is for http, not ${protocol}`);
}

function hasCatchAll(frontend: SpecNode): boolean {
  return frontend
    .get('routes')
    .items.some((route) => route.get('match').isObject && !route.get('match').isFilled);
}

function checkPlainRoute(route: SpecNode, protocol: 'tcp' | 'udp'): void {
  const matched = protocol === 'tcp' ? 'sni and source' : 'source';
  for (const key of HTTP_ROUTE_FIELDS) {
    if (route.get(key).isPresent) refuseHttpOnly(route.get(key), key, protocol);
  }
  const match = route.get('match');
  for (const key of HTTP_MATCH_FIELDS) {
    const field = match.get(key);
    if (field.isPresent)
      field.fault(`${key} is for http, not ${protocol}; ${protocol} matches ${matched}`);
  }
  const sni = match.get('sni');
  if (sni.isPresent && protocol === 'udp') sni.fault('sni is for tcp, not udp; udp matches source');
  if (route.isObject && !route.get('pool').isPresent) {
    route.get('pool').fault('is missing; expected the name of a pool');
  }
}

function checkUdp(frontend: SpecNode): void {
  for (const key of ['tls', 'acceptProxyProtocol']) {
    const field = frontend.get(key);
    if (field.isPresent) field.fault(`${key} is for tcp and http, not udp`);
  }
}

function checkHttpRoutes(frontend: SpecNode, protocol: 'http' | 'https'): void {
  for (const route of frontend.get('routes').items) {
    const sni = route.get('match').get('sni');
    if (sni.isPresent) sni.fault(`sni is for tcp, not ${protocol}; ${protocol} matches host`);
    const actions = ['pool', 'split', 'redirect', 'respond'];
    const given = actions.filter((key) => route.get(key).isPresent);
    if (route.isObject && given.length !== 1) {
      route.fault(
        `expected exactly one of pool, split, redirect and respond, got ${given.length === 0 ? 'none' : given.join(' and ')}`,
      );
    }
    if (route.get('sticky').value === true && !route.get('split').isPresent) {
      route.get('sticky').fault('sticky goes with split');
    }
  }
}

function checkHttps(frontend: SpecNode): void {
  const tls = frontend.get('tls');
  const redirect = frontend.get('redirectToHttps');
  if (redirect.isPresent && redirect.value !== false) {
    redirect.fault('redirectToHttps is for http, not https');
  }
  if (!tls.isPresent) {
    tls.fault('is missing; protocol https needs tls');
    return;
  }
  if (tls.isObject && !tls.get('certificates').isPresent && !tls.get('acme').isPresent) {
    tls.fault('expected certificates or acme');
  }
}
