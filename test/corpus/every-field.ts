// Specs that set, together with the corpus, every field of the schema: reports must speak of each.
import path from 'node:path';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { createSelfSigned } from '../../src/tls/self-signed.js';
import { corpus, members } from './entry.js';

const users = path.join(import.meta.dirname, 'files', 'users.htpasswd');
const { cert, key } = createSelfSigned({ domains: ['app.example.com'], now: Date.now() });

const changes = { set: { 'x-a': 'b' }, add: { 'x-b': 'c' }, remove: ['x-c'] };
const headers = { request: changes, response: changes };
const limit = { requests: 5, window: '1s' };
const limits = [
  { ...limit, algorithm: 'gcra', burst: 3, key: { header: 'x-a' } },
  { ...limit, key: { cookie: 'a' } },
];
const refusedLimits = [
  { ...limit, store: 'mine', storeTimeout: '10ms' },
  { ...limit, action: 'delay', maxDelay: '1s', maxQueued: 5 },
];
const bytes = { expect: { payload: { text: 'pong' } }, send: { text: 'ping' } };
const hexBytes = { expect: { payload: { hex: 'aa' } }, send: { hex: 'bb' } };

/** A check of each kind, with what only it has. */
const CHECKS: readonly object[] = [
  {
    type: 'http',
    headers: { 'x-a': 'b' },
    version: '1.1',
    expect: { body: { contains: 'ok' } },
    drainOn: 404,
  },
  { type: 'https', sni: 'a.example', expect: { body: { regex: '^ok' } } },
  { type: 'udp', ...bytes },
  { type: 'udp', ...hexBytes },
  { type: 'exec', command: ['true', '-x'] },
  { type: 'grpc', service: 'a' },
  { type: 'postgres', user: 'a' },
  { type: 'mysql', user: 'a' },
  { type: 'smtp', ehlo: 'a.example' },
  { type: 'custom', use: 'mine' },
];

/** Pools, all of them in use. */
function pooled(pools: readonly object[], more: object = {}): object {
  return {
    frontends: [
      {
        name: 'web',
        protocol: 'http',
        bind: ':80',
        routes: pools.map((_, index) => ({ match: { path: `/${index}` }, pool: `p${index}` })),
      },
    ],
    pools: pools.map((pool, index) => ({ name: `p${index}`, members: members(1), ...pool })),
    ...more,
  };
}

function pair(more: object): object {
  return {
    ha: {
      id: 1,
      priority: 100,
      peers: ['10.0.0.6:1'],
      bind: '10.0.0.5:1',
      secretEnv: 'PATH',
      gateway: '10.0.0.1',
      preemptDelay: '1s',
      advertInterval: '1s',
      preempt: false,
      replicate: ['sticky'],
      ...more,
    },
    frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
    pools: [{ name: 'web', members: members(1) }],
  };
}

/** What the corpus does not have. */
export const EVERY_FIELD: readonly BalancerSpec[] = corpus('fields', {
  web: {
    frontends: [
      {
        name: 'web',
        protocol: 'https',
        bind: ':443',
        tls: { certificates: [{ cert, key, passphraseEnv: 'PATH' }] },
        hsts: { maxAge: '1y', includeSubDomains: true },
        headers,
        basicAuth: { usersFile: users, realm: 'a' },
        maxConnectionsPerSource: 5,
        routes: [{ match: { path: '/a' }, pool: 'web', headers, rateLimit: limits }],
        pool: 'web',
      },
      { name: 'limited', protocol: 'http', bind: ':80', rateLimit: limits, pool: 'web' },
    ],
    pools: [
      {
        name: 'web',
        members: members(1),
        tls: { ca: cert, sni: 'a.example', alpn: ['http/1.1'] },
        health: { type: 'https', verify: false },
      },
    ],
  },
  'what is refused of limits': {
    frontends: [
      {
        name: 'web',
        protocol: 'http',
        bind: ':80',
        rateLimit: refusedLimits,
        routes: [{ match: { path: '/a' }, pool: 'web', rateLimit: refusedLimits }],
        pool: 'web',
      },
    ],
    pools: [{ name: 'web', members: members(1) }],
  },
  ...Object.fromEntries(CHECKS.map((health, index) => [`check ${index}`, pooled([{ health }])])),
  ...Object.fromEntries(
    CHECKS.map((check, index) => [
      `shared check ${index}`,
      pooled([{ health: 'shared' }], { monitors: [{ ...check, name: 'shared' }] }),
    ]),
  ),
  'opaque cookie': pooled([{ sticky: { mode: 'cookie', opaque: true, secretEnv: 'PATH' } }]),
  cookie: pooled([
    { sticky: { mode: 'cookie', secure: true, httpOnly: true, sameSite: 'Lax', path: '/a' } },
  ]),
  pools: pooled([
    { discovery: { type: 'dns', name: 'a', port: 80, servers: ['10.0.0.1:53'] } },
    { discovery: { type: 'file', path: '/a' } },
    { discovery: { type: 'custom', use: 'mine' } },
    { sticky: { mode: 'source-ip', store: 'mine', storeTimeout: '10ms' } },
  ]),
  'an address': pair({
    address: { ip: '10.0.0.9/24', interface: 'eth0' },
    track: [{ pool: 'web', minEligible: 1, lowerBy: 10 }, { frontend: 'web' }],
  }),
  listeners: pair({ address: { listen: 'local' } }),
  'a hook': pair({ address: { hook: 'mine' } }),
  'in memory': pair({ address: { memory: true } }),
}).map(({ spec }) => spec);
