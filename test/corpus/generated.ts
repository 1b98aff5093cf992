// Specs of every shape, made by chance: most are valid, the rest is refused.
import path from 'node:path';
import fc from 'fast-check';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { createSelfSigned } from '../../src/tls/self-signed.js';
import { type Any, few, map, object, of, some, withoutFaults } from './by-chance.js';

const { cert, key } = createSelfSigned({ domains: ['app.example.com'], now: Date.now() });
const busy = path.join(import.meta.dirname, 'files', 'busy.html');
const usersFile = path.join(import.meta.dirname, 'files', 'users.htpasswd');

/** Pieces that specs of udp are made of as well. */
export const flag: Any = fc.boolean();
export const count: Any = of(1, 2, 3, 10, 250, 256, 1000, 70_000, 5_000_000_000);
export const time: Any = of(1, 10, 999, 1001, '1s', '5s', '90s', '1h', '24d');
const longTime = of('1s', '30s', '8h', '24d', '200y');
const bytes = of(256, 1000, '16KiB', '64KiB', '1MiB', '100MiB', '5GiB');
export const network: Any = of(
  '10.0.0.0/8',
  '::1',
  '2001:db8::/32',
  '192.0.2.7',
  '0.0.0.0/0',
  '::/0',
);
export const networks: Any = fc.uniqueArray(network, { minLength: 1, maxLength: 3 });
const header = of('X-User', 'x_a-b', "x-it's", 'cookie', 'x$1', 'Host', 'Referer', 'x#y');
const value = of('', 'a', '{host}', '{path}?{query}', '{client.ip} "x"', '%[src] #', "it's", '\\n');
const pathText = of('/', '/a', '/a/', '/v1/users', "/it's", '/a%20b', '/$x', '/a.b');
const host = of('a.example', '*.b.example', 'A.Example.', '10.0.0.1', '::1', 'x_y');
const pattern = of(
  '^/a',
  'b$',
  '(a|b)+',
  "'x'",
  '/[^/]+/',
  '[)(]',
  '\\d{1,3}',
  '(?i)x',
  ',',
  '\\x41',
);
const poolName = of('a', 'b', 'c');
const status = of(200, 204, 301, 400, 404, 418, 429, 451, 499, 500, 503, 511, 599);
const errorStatus = of(400, 401, 404, 418, 429, 451, 500, 503, 599);

const changes = some({ set: map(header, value), add: map(header, value), remove: few(header) });
const headers = some({ request: changes, response: changes });

const rateLimit = object(
  { requests: count, window: time },
  {
    key: fc.oneof(
      of('source-ip', 'frontend'),
      fc.record({ header }),
      fc.record({ cookie: header }),
    ),
    action: of('deny', 'deny', 'close', 'delay'),
    countDenied: flag,
    algorithm: of('sliding', 'sliding', 'gcra'),
    status: errorStatus,
    burst: count,
    ipv6Prefix: of(1, 48, 64, 127, 128),
    maxKeys: count,
    maxDelay: time,
    maxQueued: count,
    onStoreError: of('allow', 'deny'),
  },
);
export const limits: Any = fc.oneof(rateLimit, few(rateLimit, 2));

const retries = some({
  attempts: of(0, 1, 3, 100),
  on: fc.uniqueArray(of('connect-failure', 'reset-before-response', 503, '500', 404, 429, 501), {
    maxLength: 4,
  }),
  budgetPercent: of(0, 20, 12.5),
  backoff: of(0, 25, '1s'),
  bufferBytes: of(0, '64KiB'),
});

const match = some({
  host: fc.oneof(host, few(host)),
  path: fc.oneof(pathText, fc.record({ exact: pathText }), fc.record({ regex: pattern })),
  method: fc.oneof(of('GET', 'PURGE', '--'), few(of('GET', 'POST'))),
  header: map(header, value),
  query: map(of('a', 'a b', '', ")'"), value),
  cookie: map(header, value),
  source: fc.oneof(network, networks),
});
const ways: readonly Any[] = [
  fc.record({ pool: poolName }),
  object(
    { split: few(fc.record({ pool: poolName, weight: of(0, 1, 10, 256) })) },
    { sticky: flag },
  ),
];
const route = fc.oneof(
  ...ways.map((way) =>
    fc.tuple(
      way,
      some({
        headers,
        rateLimit: limits,
        timeouts: some({ total: time, server: time }),
        rewritePath: fc.oneof(
          fc.record({ prefix: pathText, to: pathText }),
          fc.record({ regex: pattern, to: of('', 'a', '$0', '/$$x', "it's\\") }),
        ),
        retries: fc.constant(undefined),
      }),
    ),
  ),
  fc.tuple(
    fc.oneof(
      object(
        { redirect: object({ to: of('/', '{path}?{query}', 'https://{host}{rest}', '/a%b') }, {}) },
        {},
      ),
      fc.record({
        respond: object({ status }, { body: of('', 'a', '"%[src]"'), headers: map(header, value) }),
      }),
    ),
    some({ rateLimit: limits }),
  ),
);
const httpRoute = fc
  .tuple(match, route)
  .map(([matched, [way, more]]) => ({ match: matched, ...(way as object), ...(more as object) }));

const shared = {
  pool: poolName,
  access: some({ allow: networks, deny: networks }),
  maxConnections: count,
  maxConnectionsPerSource: count,
  acceptProxyProtocol: fc.record({ trust: networks }),
  rateLimit: limits,
  drain: fc.record({ timeout: of(0, '30s', '24d') }),
  accessLog: of('none', 'json', 'haproxy', { format: 'json' }),
};
const timeouts = some({
  requestHead: time,
  client: time,
  keepAlive: time,
  tunnel: time,
  tlsHandshake: time,
  clientHello: time,
  total: time,
});
const http = {
  ...shared,
  timeouts,
  routes: fc.array(httpRoute, { maxLength: 12 }),
  redirectToHttps: fc.oneof(flag, fc.record({ port: of(443, 8443) })),
  forwarded: some({ mode: of('x-forwarded', 'rfc7239', 'both', 'none'), trust: networks }),
  basicAuth: object({ usersFile: fc.constant(usersFile) }, { realm: of('a b', "it's", '%[src]') }),
  headers,
  compression: some({
    algorithms: of(['gzip'], ['br', 'gzip'], ['br']),
    minBytes: bytes,
    types: few(of('text/*', 'application/json')),
  }),
  limits: some({
    headerBytes: bytes,
    headers: count,
    bodyBytes: bytes,
    requestsPerConnection: count,
  }),
  errorPages: map(errorStatus, fc.constant(busy)),
  requestId: some({ header: of('X-Id', 'x_i$d'), trust: networks }),
  upgrades: fc.array(of('websocket', 'tcp/1', "o'd"), { maxLength: 2 }),
  methods: some({ connect: flag, trace: flag }),
  http2: some({ cleartext: flag, maxConcurrentStreams: of(1, 100, 65_535) }),
  maintenance: some({ status: errorStatus, page: fc.constant(busy), allow: networks }),
};
const certificates = of([{ cert, key }], [{ cert, key }, { pem: cert + key }]);
const alpn = of(['h2', 'http/1.1'], ['http/1.1'], ['h2']);
const tls = object(
  { certificates },
  {
    minVersion: of('1.2', '1.3'),
    alpn,
    clientAuth: of({ mode: 'none' }, { mode: 'request', ca: cert }, { mode: 'require', ca: cert }),
  },
);
const tcpRoute = fc.record({
  match: some({ source: fc.oneof(network, networks), sni: fc.oneof(host, few(host)) }),
  pool: poolName,
});
const protocols: readonly (readonly [string, Any])[] = [
  ['http', some(http)],
  [
    'https',
    object({ tls }, { ...http, hsts: object({ maxAge: longTime }, { includeSubDomains: flag }) }),
  ],
  ['tcp', some({ ...shared, timeouts, tls, routes: fc.array(tcpRoute, { maxLength: 4 }) })],
];
const frontend = fc.oneof(
  ...protocols.map(([protocol, fields]) =>
    fields.map((made) => ({ pool: 'a', ...(made as object), protocol })),
  ),
);

const interval = of(10, '1s', '5s', '1h');
export const checkTimes: Readonly<Record<string, Any>> = {
  port: of(1, 80, 65_535),
  interval,
  fastInterval: interval,
  downInterval: interval,
  timeout: time,
  fall: of(1, 3, 300),
  rise: of(1, 2, 300),
  initial: of('unknown', 'up', 'down'),
};
export const httpCheck: Readonly<Record<string, Any>> = {
  ...checkTimes,
  path: of('/', '/health?x=1&y="', "/it's"),
  method: of('GET', 'HEAD', 'PURGE'),
  headers: map(of('x-a', 'Host', 'user-agent', "x'y"), of('', 'a', '%[src]', '"x" #')),
  version: of('1.1', '2'),
  expect: some({
    status: of('2xx', 204, '200,301-399', '2xx,401'),
    body: of({ contains: 'ok "#' }, { regex: '^o.k$' }, { regex: '[^]' }),
  }),
  drainOn: of(404, '404', '503'),
};
const checkTypes: readonly (readonly [string, Readonly<Record<string, Any>>])[] = [
  ['tcp', checkTimes],
  ['http', httpCheck],
  ['https', { ...httpCheck, sni: of('a.example') }],
  ['tls', { ...checkTimes, sni: of('a.example') }],
  ['redis', checkTimes],
  ['ldap', checkTimes],
  ['smtp', { ...checkTimes, ehlo: of('a.example') }],
  ['postgres', { ...checkTimes, user: of('u', "o'd user") }],
  ['mysql', { ...checkTimes, user: of('u', 'x'.repeat(40)) }],
];
export const monitor: Any = fc.oneof(
  ...checkTypes.map(([type, fields]) =>
    some(fields).map((made) => ({ ...(made as object), type })),
  ),
);

const tableOptions = { ttl: time, size: of(1, 1000, 10_000_000) };
const sticky = fc.oneof(
  some({
    cookie: of('SERVERID', "o'd$", '__Host-x'),
    cookieMode: of('insert', 'insert', 'rewrite', 'prefix'),
    secure: flag,
    httpOnly: flag,
    sameSite: of('Strict', 'Lax', 'None'),
    maxIdle: longTime,
    maxLife: longTime,
    domain: of('example.com'),
    path: of('/', '/a,b'),
  }).map((made) => ({ ...(made as object), mode: 'cookie' })),
  some(tableOptions).map((made) => ({ ...(made as object), mode: 'source-ip' })),
  object({ header, mode: fc.constant('header') }, tableOptions),
);
const strategy = fc.oneof(
  of('round-robin', 'least-connections', 'two-choices', 'random', 'first', 'static-weighted'),
  of('source-hash', { type: 'source-hash', mapping: 'consistent' }),
  of({ type: 'source-hash', mapping: 'modulo' }),
  object(
    {
      type: fc.constant('hash'),
      key: fc.oneof(
        of('uri', 'path'),
        fc.record({ header }),
        fc.record({ cookie: header }),
        fc.record({ query: of('a', "b ')") }),
      ),
    },
    { mapping: of('rendezvous', 'maglev', 'ketama', 'modulo'), boundedLoad: of(1.001, 1.25, 900) },
  ),
);
const member = object(
  {
    address: of('10.0.0.1:80', '[2001:db8::1]:80', 'localhost:80', 'web-1.invalid:80', '10.0.0.2'),
  },
  {
    weight: of(0, 1, 5, 256),
    backup: flag,
    maxConnections: count,
    state: of('ready', 'drain', 'maintenance'),
    labels: map(of('a'), of('\n', 'x')),
  },
);
const members = fc
  .array(member, { maxLength: 5 })
  .map((list) => list.map((one, index) => ({ ...(one as object), name: `m${index}` })));
const pool = object(
  { members, defaultPort: of(8080) },
  {
    strategy,
    health: fc.oneof(monitor, of('shared', 'http:/health:5s', 'none')),
    outlier: some({
      consecutiveFailures: of(1, 5, 1000),
      ejectFor: time,
      maxEjectedPercent: of(0, 50, 100),
    }),
    slowStart: of(0, 1, '30s', '24d'),
    sticky,
    onMemberDown: of('next', 'refuse', 'keep'),
    sessionsOnDown: of('keep', 'close'),
    backups: of('first', 'all'),
    tls: some({
      verify: flag,
      ca: fc.constant(cert),
      sni: of('host', 'member', 'a.example', { name: 'a' }),
      alpn,
      clientCert: fc.constant({ cert, key }),
    }),
    http: some({
      version: of('1.1', '2'),
      reuse: of('never', 'safe', 'always'),
      maxIdlePerMember: of(0, 1, 100, 1_000_000_000_000),
      idleTimeout: time,
    }),
    sendProxyProtocol: of('none', 'v1', 'v2'),
    retries,
    queue: some({ max: of(0, 5, 1_000_000_000_000), timeout: of(0, 1, '5s') }),
    timeouts: some({ connect: time, server: time }),
    drain: fc.record({ timeout: of(0, '30s') }),
  },
);

/** A spec: one to three frontends, the pools `a`, `b` and `c`, and a monitor that they may share. */
export const generatedSpec: fc.Arbitrary<BalancerSpec> = fc
  .tuple(
    few(frontend),
    fc.tuple(pool, pool, pool),
    monitor,
    some({ description: of('a\nb'), labels: map(of('a'), of('\n')) }),
  )
  .map(([frontends, pools, shared, root]) => ({
    ...(root as object),
    frontends: (frontends as object[]).map((one, index) => ({
      ...one,
      name: `f${index}`,
      bind: [`127.0.0.1:${81 + index}`, `:${8081 + index}`],
    })),
    pools: (pools as object[]).map((one, index) => ({ ...one, name: 'abc'.charAt(index) })),
    monitors: [{ ...(shared as object), name: 'shared' }],
  }))
  .map(withoutFaults);
