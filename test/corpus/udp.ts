// Specs with udp frontends: what nginx or LVS carries out, and what neither can.
import { type CorpusEntry, corpus, members } from './entry.js';

const MEMBERS = ['10.0.0.1:53', '10.0.0.2:53', '[2001:db8::3]:53'];

function dns(frontend: object, pool: object = {}, others: object = {}): object {
  return {
    frontends: [{ name: 'dns', protocol: 'udp', bind: '192.0.2.10:53', pool: 'dns', ...frontend }],
    pools: [{ name: 'dns', members: MEMBERS, ...pool }],
    ...others,
  };
}

/** A frontend and a pool at the least, each with something else. */
export const UDP: readonly CorpusEntry[] = corpus('udp', {
  'one address': dns({}),
  'all addresses': dns({ bind: ':53' }),
  'several addresses': dns({ bind: ['192.0.2.10:53', '[2001:db8::10]:53', 'localhost:5353'] }),
  'the same socket twice': dns({ bind: ['[2001:db8::1]:53', '[2001:DB8:0::1]:53'] }),
  'an address in disguise': dns({ bind: '[::ffff:192.0.2.10]:53' }),
  'any free port': dns({ bind: '192.0.2.10:0' }),
  'a name to listen on': dns({ bind: 'lb.example:53' }),
  access: dns({
    access: {
      allow: ['10.1.2.3/8', '2001:db8::1/32', '::ffff:10.0.0.0/104', '::/0', '0.0.0.0/0'],
      deny: ['10.9.0.0/16', '::1'],
    },
  }),
  limits: dns({ maxConnections: 5, maxConnectionsPerSource: 2 }),
  'many sessions': dns({ maxConnections: 5_000_000, maxConnectionsPerSource: 100 }),
  'rate limit': dns({ rateLimit: { requests: 10, window: '1s' } }),
  'time-outs': dns({ timeouts: { udpSession: '1500ms' }, drain: { timeout: '2m' } }),
  routes: {
    frontends: [
      {
        name: 'by-source',
        protocol: 'udp',
        bind: '192.0.2.10:53',
        pool: 'b-2',
        routes: [
          { match: { source: ['10.1.0.0/16', '2001:db8::/32'] }, pool: 'a' },
          { match: { source: ['10.0.0.0/8', '10.1.2.0/24'] }, pool: 'b-2' },
          { match: { source: ['10.1.2.3', '0.0.0.0/0'] }, pool: 'a' },
        ],
      },
      {
        name: 'for-all',
        protocol: 'udp',
        bind: '192.0.2.10:54',
        routes: [
          { match: { source: '::/0' }, pool: 'empty' },
          { match: {}, pool: 'a' },
          { match: { source: '10.0.0.0/8' }, pool: 'b-2' },
        ],
      },
    ],
    pools: [
      { name: 'a', members: members(2) },
      { name: 'b-2', members: members(1) },
      { name: 'empty' },
    ],
  },
  'the same names everywhere': {
    name: 'pool',
    frontends: [
      { name: 'pool', protocol: 'udp', bind: '192.0.2.10:53', pool: 'sessions-pool' },
      { name: 'sessions', protocol: 'udp', bind: '192.0.2.10:54', pool: 'pool' },
    ],
    pools: [
      { name: 'pool', members: members(1) },
      { name: 'sessions-pool', members: members(1) },
    ],
  },
  'one pool for http and udp': {
    frontends: [
      { name: 'dns', protocol: 'udp', bind: '192.0.2.10:53', pool: 'both' },
      { name: 'doh', protocol: 'http', bind: ':8053', pool: 'both' },
    ],
    pools: [{ name: 'both', members: members(2), health: 'http:/health:5s' }],
  },
  'no members': dns({}, { members: [] }),
  'many members': dns(
    {},
    {
      members: members(255).flatMap(({ name }, i) =>
        [1, 2].map((n) => ({ name: `${name}-${n}`, address: `10.0.${n}.${i + 1}:53` })),
      ),
    },
  ),
  weights: dns(
    {},
    {
      members: [
        { name: 'b', address: '10.0.0.1:53', weight: 256, maxConnections: 7 },
        { name: 'a', address: '10.0.0.2:53', weight: 0 },
        { name: 'c', address: '10.0.0.3:53', state: 'drain', labels: { 'a\n}': '; #' } },
        { name: 'd', address: '10.0.0.4:53', state: 'maintenance' },
        { name: 'e', address: '10.0.0.5:53', backup: true },
      ],
    },
  ),
  'two backups': dns(
    {},
    {
      members: [
        { name: 'a', address: '10.0.0.1:53' },
        { name: 'b', address: '10.0.0.2:53', backup: true },
        { name: 'c', address: '10.0.0.3:53', backup: true },
      ],
    },
  ),
  'a backup of a hash': dns(
    {},
    {
      strategy: 'source-hash',
      members: [
        { name: 'a', address: '10.0.0.1:53' },
        { name: 'b', address: '10.0.0.2:53', backup: true },
      ],
    },
  ),
  'a member by name': dns({}, { members: ['dns-1.invalid:53'] }),
  'nobody serves': dns({}, { members: [{ name: 'a', address: '10.0.0.1:53', weight: 0 }] }),
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
      { type: 'source-hash', mapping: 'consistent' },
      { type: 'source-hash', mapping: 'modulo' },
    ].map((strategy) => [`strategy ${JSON.stringify(strategy)}`, dns({}, { strategy })]),
  ),
  'passive health': dns(
    {},
    { outlier: { consecutiveFailures: 3, ejectFor: '12s', maxEjectedPercent: 20 } },
  ),
  'udp check': dns(
    {},
    {
      health: {
        type: 'udp',
        send: { text: 'quote " and ; } # {\n' },
        expect: { payload: { hex: '00ff' } },
        interval: '2s',
        downInterval: '9s',
        port: 5300,
      },
    },
  ),
  'shared tcp check': dns(
    {},
    { health: 'shared' },
    { monitors: [{ name: 'shared', type: 'tcp', interval: '3s' }] },
  ),
  'http check': dns(
    {},
    {
      health: {
        type: 'http',
        path: '/a;{}',
        headers: { host: 'x.example', 'x-a': '"} virtual_server {' },
        port: 8080,
      },
    },
  ),
  'https check': dns({}, { health: { type: 'https', sni: 'dns.example', port: 443 } }),
  'slow start': dns({}, { slowStart: '10s' }),
  panic: dns({}, { panicThreshold: 50 }),
  'sticky clients': dns({}, { sticky: { mode: 'source-ip' } }),
  'refused clients': dns({}, { strategy: 'source-hash', onMemberDown: 'refuse' }),
  'closed sessions': dns({}, { sessionsOnDown: 'close', health: 'tcp:5s' }),
  discovery: dns({}, { discovery: { type: 'dns', name: 'dns.example', record: 'A', port: 53 } }),
});
