// Stickiness of a pool: its faults, and what it expands to.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parsePool, parseSpec } from '../../../src/spec/parse.js';
import { faults, frontend, pool, spec, withPool } from './support.js';

afterEach(() => vi.unstubAllEnvs());

const COOKIE = { mode: 'cookie' } as const;

function expanded(sticky: object): unknown {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows of a table have no type
  return parsePool({ name: 'web', sticky } as Parameters<typeof parsePool>[0]).sticky;
}

describe('sticky', () => {
  test('is off by default', () => {
    expect(parsePool({ name: 'web' })).not.toHaveProperty('sticky');
  });

  test('by cookie fills its defaults', () => {
    expect(expanded(COOKIE)).toEqual({
      mode: 'cookie',
      cookie: 'SERVERID',
      cookieMode: 'insert',
      secure: false,
      httpOnly: false,
      path: '/',
      opaque: false,
    });
  });

  test('by cookie writes out what is given', () => {
    vi.stubEnv('STICKY_TEST_KEY', 'k');
    const given = {
      mode: 'cookie',
      cookie: '__Secure-LB',
      cookieMode: 'insert',
      secure: true,
      httpOnly: true,
      sameSite: 'None',
      maxIdle: '1h',
      maxLife: '8h',
      domain: 'example.com',
      path: '/app',
      opaque: true,
      secretEnv: 'STICKY_TEST_KEY',
    };
    expect(expanded(given)).toEqual({ ...given, maxIdle: 3_600_000, maxLife: 28_800_000 });
  });

  test('by address or header fills its defaults', () => {
    const table = { ttl: 1_800_000, size: 100_000, store: 'memory' };
    expect(expanded({ mode: 'source-ip' })).toEqual({ mode: 'source-ip', ...table });
    expect(expanded({ mode: 'header', header: 'X-User' })).toEqual({
      mode: 'header',
      header: 'X-User',
      ...table,
    });
  });

  test('waits for a store of the host for 250 ms, or for as long as it is told', () => {
    const options = { extensions: { mine: {} } };
    const limitOf = (fields: object): unknown =>
      parseSpec(withPool({ sticky: { mode: 'source-ip', store: 'mine', ...fields } }), options)
        .pools[0]?.sticky;
    expect(limitOf({})).toMatchObject({ storeTimeout: 250 });
    expect(limitOf({ storeTimeout: '1s' })).toMatchObject({ storeTimeout: 1000 });
  });

  test.each([
    COOKIE,
    { mode: 'cookie', cookieMode: 'rewrite' },
    { mode: 'cookie', cookieMode: 'prefix', cookie: 'SESSION' },
    { mode: 'cookie', maxIdle: 1500, maxLife: '30d' },
    { mode: 'source-ip', ttl: '5s', size: 10, store: 'mine' },
    { mode: 'source-ip', store: 'mine', storeTimeout: '50ms' },
    { mode: 'header', header: 'x-user' },
  ])('written out it is a valid spec, and means the same: %o', (sticky) => {
    const options = { extensions: { mine: {} } };
    const once = parseSpec(withPool({ sticky }), options);
    expect(parseSpec(structuredClone(once), options)).toEqual(once);
  });

  test('of a service is that of its pool', () => {
    const sticky = { mode: 'cookie', cookieName: 'LB' };
    const config = parseSpec({ backends: ['web-1:80'], sticky });
    expect(config.pools[0]?.sticky).toMatchObject({ mode: 'cookie', cookie: 'LB' });
  });

  test('goes with every strategy', () => {
    for (const strategy of ['source-hash', { type: 'hash', key: { cookie: 'SERVERID' } }])
      expect(faults(withPool({ sticky: COOKIE, strategy }))).toEqual([]);
  });

  test('by address goes with every protocol', () => {
    for (const protocol of ['tcp', 'udp', 'http']) {
      const input = spec({
        frontends: [frontend({ protocol })],
        pools: [pool({ sticky: { mode: 'source-ip' } })],
      });
      expect(faults(input)).toEqual([]);
    }
  });
});

describe('faults of sticky', () => {
  test.each<[object, ...string[]]>([
    [{ ...COOKIE, maxIdle: 0 }, 'maxIdle: must be at least 1s, got 0'],
    [{ ...COOKIE, maxLife: '999ms' }, 'maxLife: must be at least 1s, got "999ms"'],
    [
      { ...COOKIE, sameSite: 'None' },
      'sameSite: browsers drop a cookie with SameSite None that is not secure; set secure',
    ],
    [{ ...COOKIE, domain: '10.0.0.1' }, `domain: a cookie's domain is a name, got "10.0.0.1"`],
    [{ ...COOKIE, domain: '::1' }, `domain: a cookie's domain is a name, got "::1"`],
    [
      { ...COOKIE, domain: 'co.uk' },
      'domain: "co.uk" is a public suffix: browsers drop a cookie for all names below it',
    ],
    [
      { ...COOKIE, domain: 'github.io' },
      'domain: "github.io" is a public suffix: browsers drop a cookie for all names below it',
    ],
    [
      { ...COOKIE, path: '/a;b' },
      `path: a cookie's path has ASCII characters other than ";" only, got "/a;b"`,
    ],
    [
      { ...COOKIE, path: '/é' },
      `path: a cookie's path has ASCII characters other than ";" only, got "/é"`,
    ],
    [{ ...COOKIE, domain: 'example.co.uk' }],
    [{ ...COOKIE, domain: 'intranet' }],
    [{ ...COOKIE, secretEnv: 'KEY' }, 'secretEnv: secretEnv is for opaque values'],
    [
      { ...COOKIE, opaque: true },
      'secretEnv: is missing; opaque values need the name of a variable with their key',
    ],
    [
      { ...COOKIE, opaque: true, secretEnv: 'STICKY_NO_SUCH_KEY' },
      'secretEnv: the environment variable "STICKY_NO_SUCH_KEY" is not set, or empty',
    ],
    [
      { ...COOKIE, cookieMode: 'rewrite', secure: true, path: '/app', maxIdle: '1h' },
      'secure: secure is for cookieMode insert; with rewrite the member sets the cookie',
      'path: path is for cookieMode insert; with rewrite the member sets the cookie',
      'maxIdle: maxIdle is for cookieMode insert; with rewrite the member sets the cookie',
    ],
    [
      { ...COOKIE, cookie: '__Secure-LB' },
      'cookie: browsers take a cookie of this name only if it is secure',
    ],
    [
      { ...COOKIE, cookie: '__Host-LB', path: '/x' },
      'cookie: browsers take a cookie of this name only if it is secure',
      'cookie: browsers take a cookie of this name only with path "/" and no domain',
    ],
    [{ mode: 'header' }, 'header: is missing; expected a header name'],
    [{ mode: 'source-ip', size: 0 }, 'size: expected a whole number from 1 to 10000000, got 0'],
    [
      { mode: 'source-ip', store: 'redis' },
      'store: no extension is named "redis"; did you mean "rediss"?',
    ],
    [{ mode: 'source-ip', cookie: 'x' }, 'cookie: cookie is for mode cookie, not source-ip'],
    [
      { mode: 'source-ip', storeTimeout: '1s' },
      "storeTimeout: storeTimeout goes with a store of the host's",
    ],
  ])('%o', (sticky, ...expected) => {
    const found = faults(withPool({ sticky }), { extensions: { rediss: {} } });
    expect([...found].sort()).toEqual(expected.map((fault) => `pools[0].sticky.${fault}`).sort());
  });

  test.each([
    ['cookie', 'tcp'],
    ['cookie', 'udp'],
    ['header', 'tcp'],
    ['header', 'udp'],
  ])('%ss are not for %s', (mode, protocol) => {
    const input = spec({
      frontends: [frontend({ name: 'db', protocol })],
      pools: [pool({ sticky: { mode, ...(mode === 'header' ? { header: 'x' } : {}) } })],
    });
    expect(faults(input)).toEqual([
      `pools[0].sticky.mode: ${mode}s are for http, but frontend "db" is ${protocol}`,
    ]);
  });
});
