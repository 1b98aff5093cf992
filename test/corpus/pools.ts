// Specs of pools: strategies, members, checks, retries, queues.
import { type CorpusEntry, corpus, members } from './entry.js';

function pooled(pool: object, protocol: 'http' | 'tcp' = 'http', more: object = {}): object {
  return {
    frontends: [{ name: 'public', protocol, bind: ':80', pool: 'web' }],
    pools: [{ name: 'web', members: members(3), ...pool }],
    ...more,
  };
}

const hash = (key: unknown, mapping?: string, boundedLoad?: number): object =>
  pooled({
    strategy: {
      type: 'hash',
      key,
      ...(mapping === undefined ? {} : { mapping }),
      ...(boundedLoad === undefined ? {} : { boundedLoad }),
    },
  });

const check = (health: object | string, protocol: 'http' | 'tcp' = 'http'): object =>
  pooled({ health }, protocol);

/** What a pool can ask for. */
export const POOLS: readonly CorpusEntry[] = [
  ...corpus('strategy', {
    ...Object.fromEntries(
      [
        'round-robin',
        'static-weighted',
        'least-connections',
        'two-choices',
        'random',
        'first',
        'peak-ewma',
        'source-hash',
      ].map((strategy) => [strategy, pooled({ strategy })]),
    ),
    ...Object.fromEntries(
      ['stable', 'consistent', 'modulo'].map((mapping) => [
        `source-hash ${mapping} over tcp`,
        pooled({ strategy: { type: 'source-hash', mapping } }, 'tcp'),
      ]),
    ),
    'hash uri': hash('uri', 'maglev'),
    'hash path': hash('path', 'ketama', 1.25),
    'hash header': hash({ header: 'X-User' }, 'modulo'),
    'hash odd header': hash({ header: "x-it's" }),
    'hash cookie': hash({ cookie: 'id' }),
    'hash query': hash({ query: "a b,')" }),
  }),
  ...corpus('members', {
    weights: pooled({
      strategy: 'source-hash',
      members: [
        { name: 'a', address: '10.0.0.1:80', weight: 5 },
        { name: 'b', address: '10.0.0.2:80', weight: 0 },
        { name: 'c', address: '[2001:db8::1]:80', weight: 256, maxConnections: 10 },
        { name: 'd', address: '10.0.0.4:80', backup: true },
        { name: 'e', address: '10.0.0.5:80', backup: true, state: 'drain' },
        { name: 'f', address: '10.0.0.6:80', state: 'maintenance', labels: { zone: 'a' } },
      ],
      backups: 'all',
      queue: { max: 5, timeout: '2s' },
      onMemberDown: 'refuse',
      sessionsOnDown: 'close',
      slowStart: '30s',
    }),
    'names to look up': pooled({ members: ['localhost:8080', 'web-1.invalid:8080'] }),
    'without names': pooled({ members: ['10.0.0.1', '10.0.0.2:81'], defaultPort: 80 }),
    none: pooled({ members: [] }),
    'a full queue': pooled({
      members: [{ name: 'a', address: '10.0.0.1:80', maxConnections: 1 }],
      queue: { max: 0 },
    }),
    'refuse over tcp': pooled({ strategy: 'source-hash', onMemberDown: 'refuse' }, 'tcp'),
    panic: pooled({ panicThreshold: 50 }),
    outlier: pooled({ outlier: { consecutiveFailures: 3 }, health: 'tcp:2s' }),
    'outlier without checks': pooled({ outlier: {} }),
    'PROXY header': pooled({ sendProxyProtocol: 'v2', health: 'http:/health:1s' }),
    'PROXY header v1': pooled(
      { sendProxyProtocol: 'v1', health: { type: 'tcp', port: 9000 } },
      'tcp',
    ),
    retries: pooled({ retries: { attempts: 0 } }),
    'retries with resets only': pooled({ retries: { on: ['reset-before-response'] } }),
    'HTTP/2': pooled({ http: { version: '2' }, health: 'http:/health:1s' }),
    'HTTP/2, checked otherwise': pooled({
      http: { version: '2' },
      health: { type: 'https', version: '2', sni: 'a.example', port: 8443 },
    }),
    'HTTP/2 over TLS': pooled({
      http: { version: '2' },
      tls: { sni: 'app.internal' },
      health: 'https:/health:1s',
    }),
    'HTTP/2, checks of HTTP/1.1': {
      ...pooled({ http: { version: '2' }, health: 'main' }),
      monitors: [{ name: 'main', type: 'https', port: 9000 }],
    },
    reuse: pooled({ http: { reuse: 'always', maxIdlePerMember: 0, idleTimeout: '1m' } }),
  }),
  ...corpus('checks', {
    'short http': check('http:/health:5s'),
    'full http': check({
      type: 'http',
      method: 'HEAD',
      path: '/h?a=%20&b="\'',
      headers: { Host: 'app.example', 'X-Check': '100% "yes" #1', 'User-Agent': 'x', 'X-None': '' },
      expect: { status: '2xx,301,400-404', body: { contains: `"ok" it's #1` } },
      drainOn: '404',
      interval: '1s',
      fastInterval: '500ms',
      downInterval: '2s',
      timeout: '700ms',
      fall: 2,
      rise: 4,
      initial: 'up',
    }),
    'body pattern': check({
      type: 'http',
      expect: { body: { regex: '^ok (a|b)\\s' } },
      initial: 'down',
    }),
    'http in HTTP/2': check({ type: 'http', version: '2', headers: { Host: 'app.example' } }),
    https: check({ type: 'https', sni: 'app.example.com', port: 8443 }),
    tls: check({ type: 'tls' }, 'tcp'),
    redis: check({ type: 'redis' }, 'tcp'),
    ldap: check({ type: 'ldap' }, 'tcp'),
    smtp: check({ type: 'smtp', ehlo: 'lb.example' }, 'tcp'),
    postgres: check({ type: 'postgres', user: 'it\'s "me" #1' }, 'tcp'),
    mysql: check({ type: 'mysql' }, 'tcp'),
    'mysql with a user': check({ type: 'mysql', user: 'check' }, 'tcp'),
    grpc: check({ type: 'grpc', service: 'a"b' }),
    udp: check({ type: 'udp', send: { text: 'x' } }),
    'drain on another status': check({ type: 'http', drainOn: '503' }),
    shared: {
      frontends: [
        { name: 'a', protocol: 'http', bind: ':80', pool: 'a' },
        { name: 'b', protocol: 'tcp', bind: ':81', pool: 'b' },
      ],
      pools: [
        { name: 'a', members: members(1), health: 'main' },
        { name: 'b', members: members(2), health: 'main' },
      ],
      monitors: [
        { name: 'main', type: 'http' },
        { name: 'unused', type: 'tcp' },
      ],
    },
  }),
];
