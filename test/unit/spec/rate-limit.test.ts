// Rate limits of a spec: what they expand to, and which fields go with which.
import { describe, expect, test } from 'vitest';
import type { RateLimitConfig } from '../../../src/spec/config.js';
import { parseRateLimit, parseSpec } from '../../../src/spec/parse.js';
import type { RateLimitSpec } from '../../../src/spec/rate-limit.js';
import { faults, withFrontend } from './support.js';

const LIMIT = { requests: 100, window: '60s' } as const;
const SHARED = { extensions: { shared: { take: () => undefined }, other: () => undefined } };

function expanded(fields: Readonly<Record<string, unknown>>): readonly RateLimitConfig[] {
  const config = parseSpec(withFrontend(fields), SHARED);
  // An expansion is a valid spec that means the same.
  expect(parseSpec(JSON.parse(JSON.stringify(config)), SHARED)).toEqual(config);
  return config.frontends[0]?.rateLimit ?? [];
}

describe('a rate limit', () => {
  test('is written out with every default', () => {
    expect(expanded({ rateLimit: LIMIT })).toEqual([
      {
        requests: 100,
        window: 60_000,
        key: 'source-ip',
        action: 'deny',
        countDenied: true,
        algorithm: 'sliding',
        status: 429,
        ipv6Prefix: 64,
        maxKeys: 100_000,
        onStoreError: 'allow',
        store: 'memory',
      },
    ]);
  });

  test('has what its algorithm, action, key and protocol ask for, and no more', () => {
    const all: readonly RateLimitSpec[] = [
      { ...LIMIT, algorithm: 'gcra', action: 'delay', key: { header: 'X-Api-Key' } },
      { ...LIMIT, action: 'close', key: 'frontend', store: 'shared', onStoreError: 'deny' },
    ];
    const rest = { requests: 100, window: 60_000, maxKeys: 100_000 };
    expect(expanded({ rateLimit: all })).toEqual([
      {
        ...rest,
        key: { header: 'x-api-key' },
        action: 'delay',
        algorithm: 'gcra',
        status: 429,
        burst: 100,
        maxDelay: 1000,
        maxQueued: 1000,
        onStoreError: 'allow',
        store: 'memory',
      },
      {
        ...rest,
        key: 'frontend',
        action: 'close',
        countDenied: true,
        algorithm: 'sliding',
        onStoreError: 'deny',
        store: 'shared',
        storeTimeout: 250,
      },
    ]);
    expect(expanded({ protocol: 'tcp', rateLimit: LIMIT })[0]).not.toHaveProperty('status');
  });

  test('may be an empty list', () => {
    expect(expanded({ rateLimit: [] })).toEqual([]);
  });

  test('stands by itself too', () => {
    expect(parseRateLimit(LIMIT)).toMatchObject({ window: 60_000, status: 429 });
    expect(() => parseRateLimit({ ...LIMIT, burst: 1 })).toThrow('burst goes with algorithm gcra');
  });

  test.each<readonly [string, object, string]>([
    ['a burst', { burst: 5 }, '.burst: burst goes with algorithm gcra'],
    [
      'countDenied',
      { algorithm: 'gcra', countDenied: true },
      '.countDenied: countDenied goes with algorithm sliding',
    ],
    [
      'countDenied of what waits',
      { action: 'delay', countDenied: false },
      '.countDenied: countDenied goes with action deny or close',
    ],
    ['a longest wait', { maxDelay: '1s' }, '.maxDelay: maxDelay goes with action delay'],
    [
      'places to wait',
      { action: 'close', maxQueued: 5 },
      '.maxQueued: maxQueued goes with action delay',
    ],
    [
      'a status',
      { action: 'close', status: 503 },
      '.status: status goes with action deny or delay',
    ],
    [
      'a prefix',
      { key: 'frontend', ipv6Prefix: 56 },
      '.ipv6Prefix: ipv6Prefix goes with key source-ip',
    ],
    [
      'an unknown store',
      { store: 'sharde' },
      '.store: no extension is named "sharde"; did you mean "shared"?',
    ],
    [
      'a store that is none',
      { store: 'other' },
      '.store: extension "other" is no rate limit store: it has no function "take"',
    ],
    [
      'a time limit',
      { storeTimeout: '1s' },
      ".storeTimeout: storeTimeout goes with a store of the host's",
    ],
    [
      'a time limit of none',
      { store: 'shared', storeTimeout: 0 },
      '.storeTimeout: must be at least 1ms, got 0',
    ],
    [
      'a burst of none',
      { algorithm: 'gcra', burst: 0 },
      '.burst: expected a whole number of at least 1, got 0',
    ],
  ])('refuses %s where it means nothing', (_, fields, fault) => {
    const input = withFrontend({ rateLimit: [LIMIT, { ...LIMIT, ...fields }] });
    expect(faults(input, SHARED)).toEqual([`frontends[0].rateLimit[1]${fault}`]);
  });

  test.each<readonly [string, string, object, readonly string[]]>([
    [
      'tcp',
      'a header key',
      { key: { header: 'x-a' } },
      ['.key: a header key is for http, not tcp; tcp counts source-ip or frontend'],
    ],
    [
      'tcp',
      'a cookie key',
      { key: { cookie: 'a' } },
      ['.key: a cookie key is for http, not tcp; tcp counts source-ip or frontend'],
    ],
    ['tcp', 'a status', { status: 503 }, ['.status: status is for http, not tcp']],
    ['tcp', 'a delay', { action: 'delay' }, []],
    ['udp', 'a delay', { action: 'delay' }, ['.action: delay is for tcp and http, not udp']],
    [
      'udp',
      'a store',
      { store: 'shared' },
      ['.store: udp counts in memory: a datagram can not wait for a store'],
    ],
    ['udp', 'a close', { action: 'close', store: 'memory' }, []],
  ])('on %s: %s', (protocol, _, fields, expected) => {
    const input = withFrontend({ protocol, rateLimit: { ...LIMIT, ...fields } });
    expect(faults(input, SHARED)).toEqual(
      expected.map((fault) => `frontends[0].rateLimit${fault}`),
    );
  });

  test('has faults of its own beside those of its shape', () => {
    expect(faults(withFrontend({ rateLimit: { requests: 0, burst: 1, windw: '60s' } }))).toEqual([
      'frontends[0].rateLimit.window: is missing; expected a duration such as "250ms", "5s" or a number of milliseconds',
      'frontends[0].rateLimit.requests: expected a whole number of at least 1, got 0',
      'frontends[0].rateLimit.burst: burst goes with algorithm gcra',
      'frontends[0].rateLimit.windw: unknown key; did you mean "window"?',
    ]);
  });
});
