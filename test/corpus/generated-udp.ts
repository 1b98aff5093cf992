// Specs of udp frontends and of pairs, made by chance: most are valid, the rest is refused.
import fc from 'fast-check';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { type Any, few, map, object, of, some, withoutFaults } from './by-chance.js';
import {
  checkTimes,
  count,
  flag,
  httpCheck,
  limits,
  network,
  networks,
  monitor as otherMonitor,
  time,
} from './generated.js';

/** Names that mean something to the programs. */
const POOLS = ['default', 'unix', '80'] as const;
const FRONTENDS = ['server', 'localhost', 'f-1'] as const;

const poolName = of(...POOLS);
const likely = (usual: unknown, ...others: unknown[]): Any =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 6 }, { arbitrary: of(...others), weight: 1 });

const udp = object(
  { pool: poolName },
  {
    bind: few(
      of(
        ':53',
        'localhost:53',
        '192.0.2.10:5353',
        '[2001:db8::1]:53',
        '[2001:DB8:0::1]:53',
        '[::]:54',
        '0.0.0.0:54',
        '[::ffff:192.0.2.1]:53',
        '192.0.2.10:0',
        'lb.invalid:53',
      ),
    ),
    access: some({ allow: networks, deny: networks }),
    maxConnections: count,
    maxConnectionsPerSource: count,
    rateLimit: limits,
    drain: fc.record({ timeout: of(0, '30s', '24d') }),
    timeouts: fc.record({ udpSession: time }),
    routes: few(
      fc.record({ match: some({ source: fc.oneof(network, networks) }), pool: poolName }),
      4,
    ),
    accessLog: of('none', 'json', 'haproxy'),
  },
).map((made) => ({ ...(made as object), protocol: 'udp' }));
const others = object({ protocol: of('tcp', 'http'), pool: poolName });
const frontend = fc.oneof({ arbitrary: udp, weight: 3 }, { arbitrary: others, weight: 2 });

const payload = of(
  { text: 'quote " ; } # {\n$x' },
  { hex: '00ff' },
  { text: 'x'.repeat(400) },
  { text: 'x'.repeat(4000) },
);
const ownMonitor = fc.oneof(
  some({
    ...checkTimes,
    send: payload,
    expect: fc.record({ payload }),
    fall: of(1, 3, 5_000_000_000),
  }).map((made) => ({ ...(made as object), type: 'udp' })),
  some({
    ...httpCheck,
    path: of(
      '/',
      '/a?b=c&d',
      '/a b',
      '/$a',
      '/"',
      '/;{}',
      '/a@b',
      '/~x',
      '/!x',
      '/#x',
      `/${'x'.repeat(2000)}`,
    ),
    headers: map(of('host', 'Host'), of('a.example', 'a b', '"x" {', '[::1]:80', '')),
  }).map((made) => ({ ...(made as object), type: 'http' })),
  some({ ...checkTimes, sni: of('a.example') }).map((made) => ({
    ...(made as object),
    type: 'https',
  })),
);
const monitor = fc.oneof(
  { arbitrary: ownMonitor, weight: 3 },
  { arbitrary: otherMonitor, weight: 1 },
);

const member = object(
  { port: likely(53, 5353, 1, 65_535) },
  {
    weight: of(0, 1, 5, 256),
    backup: flag,
    maxConnections: count,
    state: of('ready', 'drain', 'maintenance'),
    labels: map(of('a', '}'), of('\n', '; #')),
  },
);
const members = fc.tuple(
  likely('10.0.0.', '2001:db8::', 'localhost', 'dns-1.invalid', '::ffff:10.0.0.'),
  fc.array(member, { maxLength: 5 }),
);
const pool = object(
  { members },
  {
    strategy: of(
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
    ),
    health: fc.oneof(monitor, of('shared', 'udp:5s', 'tcp:5s', 'none')),
    outlier: some({ consecutiveFailures: of(1, 5, 1000), ejectFor: time }),
    slowStart: of(0, '30s'),
    panicThreshold: of(0, 50),
    sticky: fc.constant({ mode: 'source-ip' }),
    onMemberDown: of('next', 'refuse', 'keep'),
    sessionsOnDown: of('keep', 'close'),
    backups: of('first', 'all'),
    drain: fc.record({ timeout: of(0, '30s') }),
  },
);

const SIX = ['[fd98::2]:7946', '[fd98::3]:7946', 'fd98::100/64'] as const;
const FOUR = ['10.98.0.2:7946', '10.98.0.3:7946', '10.98.0.100/24'] as const;
const ha = fc.oneof(
  ...[FOUR, SIX].map(([own, peer, ip]) =>
    object(
      {
        id: of(1, 51, 255),
        bind: likely(own, ':7946', '10.98.0.2:1'),
        peers: fc.uniqueArray(likely(peer, 'lb-2.invalid:1', '10.98.0.4:1', '[fd98::4]:1'), {
          minLength: 1,
        }),
        address: likely(
          { ip, interface: 'eth0' },
          { ip: '10.98.0.100/32', interface: 'eth0' },
          { ip: 'fe80::9/64', interface: 'eth0' },
          { ip, interface: 'eth0"\n} #$' },
          { memory: true },
          { listen: 'local' },
        ),
        secretEnv: fc.constant('PATH'),
      },
      {
        priority: of(1, 100, 254),
        track: few(
          fc.oneof(
            object({ pool: poolName }, { minEligible: of(1, 5), lowerBy: of(1, 50, 253, 254) }),
            object({ frontend: of(...FRONTENDS) }, { lowerBy: of(1, 254) }),
          ),
        ),
        gateway: of('10.98.0.1', 'fd98::1', 'fe80::1%eth0'),
        preempt: flag,
        preemptDelay: of(0, 1, '2500ms', '1h'),
        advertInterval: of(10, 11, '200ms', '1234ms', '40950ms', '100s', '255s', '10m'),
        replicate: of(['sticky'], ['sticky', 'rate-limit', 'health']),
      },
    ),
  ),
);

type Places = { readonly bind?: unknown };
type Members = readonly [string, readonly { readonly port: number }[]];

/** A spec: one to three frontends, most of them udp, three pools, a monitor that they may share, and a pair in two of three. */
export const generatedUdpSpec: fc.Arbitrary<BalancerSpec> = fc
  .tuple(
    few(frontend),
    fc.tuple(pool, pool, pool),
    monitor,
    fc.option(ha, { freq: 3 }),
    of('edge', '53', 'global-defs', 'x'.repeat(63)),
  )
  .map(([frontends, pools, shared, pair, name]) => ({
    name,
    frontends: (frontends as Places[]).map((one, index) => ({
      ...one,
      name: FRONTENDS[index],
      bind: Array.isArray(one.bind) ? one.bind : [`192.0.2.${index + 1}:53`],
    })),
    pools: (pools as { readonly members: Members }[]).map((one, index) => ({
      ...one,
      name: POOLS[index],
      members: named(one.members),
    })),
    monitors: [{ ...(shared as object), name: 'shared' }],
    ...(pair === null ? {} : { ha: pair }),
  }))
  .map(withoutFaults);

function named([host, list]: Members): readonly object[] {
  return list.map(({ port, ...more }, index) => {
    const whole = /[.:]$/.test(host) ? `${host}${index + 1}` : host;
    const address = whole.includes(':') ? `[${whole}]:${port}` : `${whole}:${port}`;
    return { ...more, name: `m${index}`, address };
  });
}
