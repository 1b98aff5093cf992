// Whole specs: what comes out, that it is a valid spec again, and that nothing but a SpecError is thrown.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpecError } from '../../../src/core/errors.js';
import type { BalancerConfig } from '../../../src/spec/config.js';
import { checkSpec, parseMonitor, parseSpec } from '../../../src/spec/parse.js';
import { REFERENCE_SERVICE, REFERENCE_SPEC } from './reference-spec.js';
import { codes, frontend, pool, spec, withFrontend, withMonitor, withPool } from './support.js';

describe('parseSpec', () => {
  test('takes the whole reference example', () => {
    expect(codes(REFERENCE_SPEC, { haSecret: () => 'a secret of two nodes' })).toEqual([]);
  });

  test('fills every default', () => {
    expect(parseSpec({ frontends: [frontend()], pools: [pool()] })).toEqual({
      name: 'balancer',
      labels: {},
      frontends: [
        {
          name: 'public',
          protocol: 'http',
          bind: [':80'],
          pool: 'web',
          routes: [],
          forwarded: { mode: 'x-forwarded', trust: [] },
          upgrades: ['websocket'],
          methods: { connect: false, trace: false },
          limits: { headerBytes: 16_384, headers: 100 },
          maxConnections: 20_000,
          timeouts: {
            requestHead: 10_000,
            client: 50_000,
            keepAlive: 75_000,
            tunnel: 3_600_000,
            tlsHandshake: 10_000,
            clientHello: 5000,
            udpSession: 60_000,
          },
          drain: { timeout: 30_000 },
        },
      ],
      pools: [
        {
          name: 'web',
          strategy: { type: 'round-robin' },
          members: [
            {
              // sha-256("10.0.0.1:8080") begins with these digits.
              name: 'm-120e9814',
              address: '10.0.0.1:8080',
              weight: 1,
              backup: false,
              state: 'ready',
              labels: {},
            },
          ],
          panicThreshold: 0,
          slowStart: 0,
          onMemberDown: 'next',
          sessionsOnDown: 'keep',
          backups: 'first',
          http: { version: '1.1', reuse: 'safe', maxIdlePerMember: 64, idleTimeout: 4000 },
          sendProxyProtocol: 'none',
          retries: {
            attempts: 3,
            on: ['connect-failure', 'reset-before-response'],
            budgetPercent: 20,
            backoff: 25,
            bufferBytes: 65_536,
          },
          queue: { max: 1024, timeout: 5000 },
          timeouts: { connect: 5000, server: 50_000 },
          drain: { timeout: 30_000 },
        },
      ],
      monitors: [],
    });
  });

  test('fills the defaults of monitors, outlier and discovery', () => {
    const config = parseSpec({
      pools: [
        pool({
          health: 'main',
          outlier: {},
          discovery: { type: 'dns', name: 'web.internal', port: 80 },
        }),
      ],
      monitors: [{ name: 'main', type: 'http' }],
    });
    expect(config.monitors).toEqual([
      {
        name: 'main',
        type: 'http',
        interval: 5000,
        fastInterval: 5000,
        downInterval: 5000,
        timeout: 2000,
        fall: 3,
        rise: 2,
        initial: 'unknown',
        path: '/',
        method: 'GET',
        headers: {},
        expect: { status: '2xx' },
      },
    ]);
    expect(config.pools[0]).toMatchObject({
      health: 'main',
      outlier: { consecutiveFailures: 5, ejectFor: 30_000, maxEjectedPercent: 50 },
      discovery: { type: 'dns', name: 'web.internal', record: 'A', port: 80, interval: 10_000 },
    });
  });

  test('the drain of the balancer is the default of its frontends and pools', () => {
    const config = parseSpec(
      spec({
        drain: { timeout: '5s' },
        frontends: [frontend(), frontend({ name: 'b', bind: ':81', drain: { timeout: '1m' } })],
        pools: [pool(), pool({ name: 'api', drain: { timeout: 0 } })],
      }),
    );
    expect(config.frontends.map(({ drain }) => drain.timeout)).toEqual([5000, 60_000]);
    expect(config.pools.map(({ drain }) => drain.timeout)).toEqual([5000, 0]);
  });

  test('writes durations in ms, sizes in bytes, addresses and texts in one form', () => {
    const config = parseSpec(
      spec({
        frontends: [
          frontend({
            bind: '127.0.0.1:0080',
            limits: { headerBytes: '8KiB', bodyBytes: '1MiB' },
            timeouts: { client: '1.5s', total: '2m' },
            upgrades: ['WebSocket'],
          }),
          frontend({
            name: 'db',
            protocol: 'tcp',
            bind: ':1',
            routes: [{ match: { sni: 'DB.Example.com.', source: '10.0.0.0/8' }, pool: 'web' }],
          }),
        ],
        monitors: [{ name: 'main', type: 'http', expect: { status: '200, 204' }, drainOn: 404 }],
      }),
    );
    const [http, tcp] = config.frontends;
    expect(http).toMatchObject({
      bind: ['127.0.0.1:80'],
      limits: { headerBytes: 8192, headers: 100, bodyBytes: 1_048_576 },
      timeouts: { client: 1500, total: 120_000 },
      upgrades: ['websocket'],
    });
    expect(tcp?.routes).toEqual([
      { match: { sni: ['db.example.com'], source: ['10.0.0.0/8'] }, pool: 'web' },
    ]);
    expect(config.monitors[0]).toMatchObject({ expect: { status: '200,204' }, drainOn: '404' });
  });

  test('a tcp frontend says that nothing of http is on', () => {
    const [tcp] = parseSpec(withFrontend({ protocol: 'tcp' })).frontends;
    expect(tcp).toMatchObject({
      forwarded: { mode: 'none', trust: [] },
      upgrades: [],
      methods: { connect: false, trace: false },
    });
  });

  test.each([
    ['round-robin', { type: 'round-robin' }],
    [{ type: 'peak-ewma' }, { type: 'peak-ewma' }],
    ['source-hash', { type: 'source-hash', mapping: 'stable' }],
    [
      { type: 'source-hash', mapping: 'consistent' },
      { type: 'source-hash', mapping: 'consistent' },
    ],
    [
      { type: 'hash', key: 'uri' },
      { type: 'hash', key: 'uri', mapping: 'rendezvous' },
    ],
    [
      { type: 'hash', key: { header: 'x-user' }, mapping: 'consistent', boundedLoad: 1.25 },
      { type: 'hash', key: { header: 'x-user' }, mapping: 'rendezvous', boundedLoad: 1.25 },
    ],
    [
      { type: 'hash', key: { query: 'id' }, mapping: 'ketama' },
      { type: 'hash', key: { query: 'id' }, mapping: 'ketama' },
    ],
  ])('strategy %j becomes %j', (strategy, expected) => {
    expect(parseSpec(withPool({ strategy })).pools[0]?.strategy).toEqual(expected);
  });

  test('fields that are undefined count as left out', () => {
    const loose = spec({ description: undefined, frontends: [frontend({ access: undefined })] });
    expect(parseSpec(loose)).toEqual(parseSpec(spec()));
  });

  test('file paths start at the folder of the spec', () => {
    const input = withPool({ discovery: { type: 'file', path: 'members.json' } });
    expect(discoveryOf(parseSpec(input))).toEqual({ type: 'file', path: 'members.json' });
    expect(discoveryOf(parseSpec(input, { baseDir: '/etc/evenkeel' }))).toEqual({
      type: 'file',
      path: '/etc/evenkeel/members.json',
    });
  });

  test('a program of an exec monitor that is named with a folder is a file path, one without is not', () => {
    const options = { baseDir: '/etc/evenkeel', allowExec: true };
    const commandOf = (program: string): unknown => {
      const health = { type: 'exec', command: [program, './x'] };
      const pool = parseSpec(withPool({ health }), options).pools[0];
      return typeof pool?.health === 'object' ? pool.health.command : undefined;
    };
    expect(commandOf('./check.sh')).toEqual(['/etc/evenkeel/check.sh', './x']);
    expect(commandOf('/bin/true')).toEqual(['/bin/true', './x']);
    expect(commandOf('true')).toEqual(['true', './x']);
    expect(parseMonitor({ type: 'exec', command: ['bin/c'] }, options).command).toEqual([
      '/etc/evenkeel/bin/c',
    ]);
  });

  test('the result is frozen to its leaves and shares nothing with the input', () => {
    const labels = { env: 'prod' };
    const config = parseSpec(spec({ labels }));
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
    labels.env = 'test';
    expect(config.labels).toEqual({ env: 'prod' });
    expect(Object.isFrozen(labels)).toBe(false);
  });

  test('the error has every issue, and its message a line for each', () => {
    const input = withFrontend({ pool: 'webb', maxConnection: 1 });
    expect(() => parseSpec(input)).toThrow(SpecError);
    expect(() => parseSpec(input)).toThrow(
      'frontends[0].pool: no pool is named "webb"; did you mean "web"?\n' +
        'frontends[0].maxConnection: unknown key; did you mean "maxConnections"?',
    );
  });

  test('a spec of nothing is a balancer without frontends', () => {
    expect(parseSpec({})).toEqual({
      name: 'balancer',
      labels: {},
      frontends: [],
      pools: [],
      monitors: [],
    });
  });
});

/** Specs that parse, of every protocol and with many fields given or not. */
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const durations = fc.oneof(
  fc.integer({ min: 1000, max: 100_000 }),
  fc.constantFrom('1s', '2.5s', '1m', '90000ms', '1h'),
);
const healths = fc.constantFrom(
  'none',
  'main',
  'tcp:5s',
  'http:/health:5s',
  'https:/',
  { type: 'udp', send: { hex: '00ff' }, expect: { text: 'pong' } },
  { type: 'grpc', service: 'a.B' },
  { type: 'smtp', ehlo: 'lb.example.com', fastInterval: '1s' },
);
const pools = fc.record({
  name: fc.constant('web'),
  members: fc.uniqueArray(
    fc.constantFrom('10.0.0.1:80', '[::1]:81', 'web-1', { name: 'x', address: 'web-2', weight: 0 }),
  ),
  defaultPort: fc.integer({ min: 1, max: 65_535 }),
  health: maybe(healths),
  strategy: maybe(fc.constantFrom('first', 'source-hash', { type: 'two-choices' })),
  outlier: maybe(fc.record({ ejectFor: durations }, { requiredKeys: [] })),
  discovery: maybe(
    fc.constantFrom(
      { type: 'dns', name: 'web.internal' },
      { type: 'dns', name: '_web._tcp.internal', record: 'SRV', servers: ['127.0.0.1:53'] },
      { type: 'file', path: 'members.json' },
    ),
  ),
  slowStart: maybe(durations),
  queue: maybe(fc.record({ max: fc.nat(), timeout: durations }, { requiredKeys: [] })),
  drain: maybe(fc.record({ timeout: durations })),
});
const entrances = fc.record({
  name: fc.constant('public'),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'http' as const),
  bind: fc.constantFrom(':0', ['127.0.0.1:0', '[::1]:0']),
  pool: fc.constant('web'),
  access: maybe(fc.constantFrom({ allow: ['10.0.0.0/8'] }, { deny: ['::1'] }, {})),
  maxConnectionsPerSource: maybe(fc.integer({ min: 1, max: 100 })),
});
/** Each with timeouts that its protocol knows. */
const frontends = fc.tuple(entrances, durations, durations).map(([frontend, first, second]) => ({
  ...frontend,
  timeouts: {
    tcp: { client: first },
    udp: { udpSession: first },
    http: { client: first, total: second },
    none: undefined,
  }[frontend.access === undefined ? 'none' : frontend.protocol],
}));
const specs = fc.record({
  name: maybe(fc.constantFrom('lb', 'a-b')),
  labels: maybe(fc.dictionary(fc.string(), fc.string())),
  frontends: fc.array(frontends, { maxLength: 1 }),
  pools: fc.tuple(pools),
  monitors: fc.constant([{ name: 'main', type: 'http', expect: { status: 200 } }]),
  drain: maybe(fc.record({ timeout: durations })),
});

describe('properties', () => {
  test('the expansion is a valid spec and expands to itself', () => {
    fc.assert(
      fc.property(specs, (input) => {
        fc.pre(!Object.hasOwn(input.labels ?? {}, '__proto__'));
        const config = parseSpec(input);
        expect(parseSpec(config)).toEqual(config);
        expect(parseSpec(JSON.parse(JSON.stringify(config)))).toEqual(config);
      }),
    );
  });

  test('any JSON gives a config or issues, never an error of another kind', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (input) => {
        const { config, issues } = checkSpec(input);
        expect(config === undefined).toBe(issues.length > 0);
      }),
      { numRuns: 200 },
    );
  });

  test('any JSON in any place of a spec gives a config or issues', () => {
    const places = pathsOf(REFERENCE_SPEC).map((path) => [REFERENCE_SPEC, path] as const);
    const servicePlaces = pathsOf(REFERENCE_SERVICE).map(
      (path) => [REFERENCE_SERVICE, path] as const,
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...places, ...servicePlaces),
        fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined)),
        ([base, path], value) => {
          const { config, issues } = checkSpec(withValueAt(base, path, value));
          expect(config === undefined).toBe(issues.length > 0);
          for (const issue of issues) expect(issue.message).not.toMatch(/Invalid|undefined/);
        },
      ),
      { numRuns: 400 },
    );
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner).map((rest) => [Array.isArray(value) ? Number(key) : key, ...rest]),
    ),
  ];
}

function withValueAt(base: unknown, [segment, ...rest]: Path, value: unknown): unknown {
  if (segment === undefined) return value;
  if (Array.isArray(base)) {
    return base.map((item, index) => (index === segment ? withValueAt(item, rest, value) : item));
  }
  const fields = base as Readonly<Record<string, unknown>>;
  return { ...fields, [segment]: withValueAt(fields[segment], rest, value) };
}

test('a monitor refuses nothing that its own expansion says', () => {
  for (const type of ['tcp', 'tls', 'udp', 'grpc', 'redis', 'postgres', 'mysql', 'ldap', 'smtp']) {
    const config = parseSpec(withMonitor({ type }));
    expect(parseSpec(config)).toEqual(config);
  }
});

function discoveryOf({ pools }: BalancerConfig): unknown {
  return pools[0]?.discovery;
}
