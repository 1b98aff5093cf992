// Specs of stickiness, rate limits, passwords, compression, logs, HTTP/2, pages.
import path from 'node:path';
import { type CorpusEntry, corpus, members } from './entry.js';

function file(name: string): string {
  return path.join(import.meta.dirname, 'files', name);
}

function web(frontend: object, pool: object = {}, protocol: 'http' | 'tcp' = 'http'): object {
  return {
    frontends: [{ name: 'public', protocol, bind: ':80', pool: 'web', ...frontend }],
    pools: [{ name: 'web', members: members(3), ...pool }],
  };
}

const sticky = (spec: object, pool: object = {}, protocol: 'http' | 'tcp' = 'http'): object =>
  web({}, { sticky: spec, ...pool }, protocol);

const limited = (
  rateLimit: unknown,
  protocol: 'http' | 'tcp' = 'http',
  more: object = {},
): object => web({ rateLimit, ...more }, {}, protocol);

/** What is switched on by a block. */
export const FEATURES: readonly CorpusEntry[] = [
  ...corpus('sticky', {
    cookie: sticky({ mode: 'cookie' }),
    'cookie with everything': sticky({
      mode: 'cookie',
      cookie: 'SRV',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      maxIdle: '30m',
      maxLife: '8h',
      domain: 'example.com',
      path: '/app',
    }),
    'cookie of an odd name': sticky(
      { mode: 'cookie', cookie: "a'b#c$" },
      { strategy: 'source-hash' },
    ),
    rewrite: sticky({ mode: 'cookie', cookie: 'JSESSIONID', cookieMode: 'rewrite' }),
    prefix: sticky(
      { mode: 'cookie', cookie: 'JSESSIONID', cookieMode: 'prefix' },
      { onMemberDown: 'refuse' },
    ),
    'cookie over a stable hash': sticky({ mode: 'cookie' }, { strategy: 'source-hash' }),
    'cookie, refuse': sticky(
      { mode: 'cookie' },
      { onMemberDown: 'refuse', strategy: 'source-hash' },
    ),
    'cookie, keep': sticky({ mode: 'cookie' }, { onMemberDown: 'keep' }),
    address: sticky({ mode: 'source-ip', ttl: '1h', size: 500 }, { strategy: 'source-hash' }),
    'address over tcp': sticky({ mode: 'source-ip' }, { strategy: 'source-hash' }, 'tcp'),
    'address over tcp, refuse': sticky({ mode: 'source-ip' }, { onMemberDown: 'refuse' }, 'tcp'),
    header: sticky({ mode: 'header', header: 'X-User' }, { strategy: 'source-hash' }),
  }),
  ...corpus('limits', {
    address: limited({ requests: 100, window: '1m' }),
    'address, whole IPv6': limited({ requests: 1, window: '1s', ipv6Prefix: 128, maxKeys: 10 }),
    keys: limited([
      { requests: 5, window: '10s', key: { header: 'X-Api-Key' }, status: 503 },
      { requests: 50, window: '10s', key: 'frontend', countDenied: false },
      { requests: 5, window: '10s', key: { cookie: "i'd" }, action: 'close' },
    ]),
    'too many': limited(
      Array.from({ length: 3 }, (_, i) => ({ requests: i + 1, window: '1s' })),
      'http',
      { maxConnectionsPerSource: 5 },
    ),
    gcra: limited({ requests: 10, window: '1s', algorithm: 'gcra', burst: 3, status: 418 }),
    delay: limited({ requests: 10, window: '1s', action: 'delay' }),
    tcp: limited(
      [
        { requests: 10, window: '1s' },
        { requests: 100, window: '1s', key: 'frontend', countDenied: false },
      ],
      'tcp',
      { maxConnectionsPerSource: 3, acceptProxyProtocol: { trust: ['10.0.0.0/8'] } },
    ),
    'of routes': web({
      rateLimit: { requests: 100, window: '1m' },
      routes: [
        { match: { path: '/login' }, pool: 'web', rateLimit: { requests: 5, window: '1m' } },
        {
          match: { path: '/no' },
          respond: { status: 404 },
          rateLimit: [{ requests: 5, window: '1m', countDenied: false }],
        },
      ],
    }),
  }),
  ...corpus('features', {
    passwords: web({ basicAuth: { usersFile: file('users.htpasswd') } }),
    'passwords, odd realm': web({
      basicAuth: { usersFile: file('users.htpasswd'), realm: `a "b"` },
    }),
    'passwords in SHA-1': web({ basicAuth: { usersFile: file('sha1.htpasswd') } }),
    compression: web({ compression: {} }),
    'compression, gzip': web({
      compression: { algorithms: ['gzip'], minBytes: 0, types: ['text/*'] },
    }),
    'compression, br': web({ compression: { algorithms: ['br'] } }),
    'log like HAProxy': web({ accessLog: 'haproxy' }),
    'log in JSON': web({ accessLog: 'json', requestId: {} }),
    'log of tcp': web({ accessLog: 'haproxy' }, {}, 'tcp'),
    'log of tcp in JSON': web({ accessLog: 'json' }, {}, 'tcp'),
    'http2 in the clear': web({ http2: { cleartext: true, maxConcurrentStreams: 50 } }),
    pages: web({
      errorPages: { '503': file('busy.html'), '431': file('busy.html'), '404': file('busy.html') },
      maintenance: { page: file('busy.html'), allow: ['10.0.0.0/8'] },
    }),
  }),
];
