// Rules of one frontend: a protocol refuses what it can't do, by name.
import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '../core/duration.js';
import type { Protocol } from './config.js';
import { HTTP_ONLY_DEFAULTS, TIMEOUT_DEFAULTS } from './frontend-expansion.js';
import type { Host } from './host.js';
import { checkHttpFeatures } from './http-features-rules.js';
import { protocolOf } from './protocol.js';
import { checkRateLimit } from './rate-limit-rules.js';
import { checkHttpRoute, checkPlainRoute } from './route-rules.js';
import type { SpecNode } from './spec-node.js';
import { checkTemplates } from './template-rules.js';
import { checkTls } from './tls-rules.js';
import { refuseInFrontend } from './unsupported.js';
import { listed } from './wording.js';

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

/** The protocols that know a timeout. */
const TIMEOUT_PROTOCOLS: Readonly<Record<string, readonly Protocol[]>> = {
  requestHead: ['http', 'https'],
  client: ['tcp', 'http', 'https'],
  keepAlive: ['http', 'https'],
  tunnel: ['tcp', 'http', 'https'],
  tlsHandshake: ['tcp', 'https'],
  clientHello: ['tcp'],
  udpSession: ['udp'],
  total: ['http', 'https'],
};

/** Reports every rule that a frontend breaks by itself. */
export function checkFrontend(frontend: SpecNode, host: Host): void {
  const protocol = protocolOf(frontend);
  if (protocol === 'tcp' || protocol === 'udp') checkPlainProtocol(frontend, protocol);
  if (protocol === 'udp') checkUdp(frontend);
  if (protocol === 'http' || protocol === 'https') {
    checkHttpRoutes(frontend, protocol);
    checkTemplates(frontend, protocol);
    checkHttpFeatures(frontend);
  }
  if (protocol !== undefined) checkTimeouts(frontend.get('timeouts'), protocol);
  checkTls(frontend, protocol);
  checkHttpsFeatures(frontend, protocol);
  for (const limits of [frontend, ...frontend.get('routes').items]) {
    for (const limit of limits.get('rateLimit').itemsOrSelf) checkRateLimit(limit, protocol, host);
  }
  refuseInFrontend(frontend);
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

/** One that this protocol does not know may only say what an expanded spec says. */
function checkTimeouts(timeouts: SpecNode, protocol: Protocol): void {
  const defaults: Readonly<Record<string, number>> = { ...TIMEOUT_DEFAULTS };
  for (const [key, protocols] of Object.entries(TIMEOUT_PROTOCOLS)) {
    const timeout = timeouts.get(key);
    if (protocols.includes(protocol) || !timeout.isPresent) continue;
    const { value } = timeout;
    const ms =
      typeof value === 'number' || typeof value === 'string' ? parseDuration(value) : undefined;
    // What is no duration is told as that.
    if (ms === undefined || ms === defaults[key]) continue;
    timeout.fault(`timeouts.${key} is for ${listed(protocols)}, not ${protocol}`);
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

function checkUdp(frontend: SpecNode): void {
  const field = frontend.get('acceptProxyProtocol');
  if (field.isPresent) field.fault('acceptProxyProtocol is for tcp and http, not udp');
  const log = frontend.get('accessLog');
  const format = log.text ?? log.get('format').text;
  if (format !== undefined && format !== 'none') {
    log.fault('accessLog is for tcp and http, not udp');
  }
}

function checkHttpRoutes(frontend: SpecNode, protocol: 'http' | 'https'): void {
  const forwarded = frontend.get('forwarded').get('mode').text ?? 'x-forwarded';
  for (const route of frontend.get('routes').items) checkHttpRoute(route, protocol, forwarded);
}

/** What only one of http and https can do. */
function checkHttpsFeatures(frontend: SpecNode, protocol: string | undefined): void {
  const hsts = frontend.get('hsts');
  if (protocol === 'http' && hsts.isPresent) hsts.fault('hsts is for https, not http');
  const redirect = frontend.get('redirectToHttps');
  if (protocol === 'https' && redirect.isPresent && redirect.value !== false) {
    redirect.fault('redirectToHttps is for http, not https');
  }
}
