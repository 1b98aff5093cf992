// Which route takes a request: order, hosts, paths, the other conditions, and paths that can be read in several ways.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CidrSet } from '../../../src/core/cidr.js';
import { Regex } from '../../../src/core/regex.js';
import { AMBIGUOUS, NO_ROUTE, RouteMatcher } from '../../../src/route/route-matcher.js';
import type { RoutedRequest } from '../../../src/route/routed-request.js';
import type { MatchConfig } from '../../../src/spec/config.js';
import { type RequestParts, request } from './request.js';

function find(matches: readonly MatchConfig[], parts: RequestParts): number {
  const matcher = new RouteMatcher(matches.map((match) => ({ match, pool: 'web' })));
  return matcher.find(request(parts));
}

/** Whether a route with this match alone takes the request. */
function takes(match: MatchConfig, parts: RequestParts): boolean {
  return find([match], parts) === 0;
}

describe('the order of routes', () => {
  const anything: MatchConfig = {};
  const path: MatchConfig = { path: '/a' };
  const exact: MatchConfig = { path: { exact: '/a/b' } };
  const regex: MatchConfig = { path: { regex: '^/a/b' } };
  const host: MatchConfig = { host: ['app.test'] };
  const wild: MatchConfig = { host: ['*.test'] };
  const header: MatchConfig = { header: { 'x-a': '1' } };
  const all = [anything, path, exact, regex, host, wild, header];
  const parts: RequestParts = { target: '/a/b', headers: [['x-a', '1']] };

  test('decides among those that fit, whatever kind they are of', () => {
    for (const first of all) {
      for (const second of all) expect(find([first, second], parts)).toBe(0);
    }
  });

  test('does not count those that do not fit', () => {
    const off: readonly MatchConfig[] = [
      { path: '/b' },
      { path: { exact: '/a' } },
      { path: { regex: '^/b' } },
      { host: ['other.test'] },
      { host: ['*.app.test'] },
      { header: { 'x-a': '2' } },
    ];
    for (const last of all) expect(find([...off, last], parts)).toBe(off.length);
    expect(find(off, parts)).toBe(NO_ROUTE);
  });

  test('no routes take nothing', () => {
    expect(find([], { target: '/' })).toBe(NO_ROUTE);
  });
});

describe('host', () => {
  test.each<readonly [pattern: string, host: string, is: boolean]>([
    ['app.example.com', 'app.example.com', true],
    ['App.Example.COM', 'app.example.com', true],
    ['app.example.com', 'app.example.com.', true],
    ['app.example.com.', 'app.example.com', true],
    ['app.example.com', 'an.app.example.com', false],
    ['app.example.com', 'app.example.co', false],
    ['app.example.com', '', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'a.example.com.', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', '.example.com', false],
    ['*.example.com', 'aexample.com', false],
    ['*.example.com', 'a.example.org', false],
    ['*.b.example.com', 'a.example.com', false],
    ['*.example.com', `${'a.'.repeat(200)}example.com`, false],
    ['192.0.2.7', '192.0.2.7', true],
    ['2001:DB8::1', '[2001:db8::1]', true],
    ['2001:db8::1', '2001:db8::1', false],
    ['[2001:DB8:0:0::1]', '[2001:db8::1]', true],
    ['[2001:db8::1]', '[2001:0db8:0:0:0:0:0:1]', true],
    ['[::ffff:192.0.2.7]', '[::ffff:c000:207]', true],
    ['[::1]', '[::2]', false],
    ['[::1]', '[::1', false],
  ])('%s and %s: %s', (pattern, host, is) => {
    expect(takes({ host: [pattern] }, { host })).toBe(is);
  });

  test('any of several, also where two of them fit', () => {
    const match = { host: ['a.test', '*.a.test', '*.x.a.test'] };
    for (const host of ['a.test', 'b.a.test', 'b.x.a.test']) {
      expect(takes(match, { host })).toBe(true);
    }
    expect(takes(match, { host: 'b.test' })).toBe(false);
  });
});

describe('path', () => {
  test.each<readonly [path: MatchConfig['path'], target: string, is: boolean]>([
    ['/v1', '/v1', true],
    ['/v1', '/v1/', true],
    ['/v1', '/v1/a/b', true],
    ['/v1', '/v1?a=/v2', true],
    ['/v1', '/v1x', false],
    ['/v1', '/v1.0', false],
    ['/v1', '/V1', false],
    ['/v1', '/', false],
    ['/v1', '/a/v1', false],
    ['/v1/', '/v1', true],
    ['/v1/', '/v1/', true],
    ['/v1/', '/v1/a', true],
    ['/v1/', '/v1x', false],
    ['/v1/users', '/v1', false],
    ['/v1/users', '/v1/users/7', true],
    ['/v1/users', '/v1/user', false],
    ['/', '/', true],
    ['/', '/a', true],
    ['/', '*', false],
    ['/a%20b', '/a%20b/c', true],
    [{ exact: '/a' }, '/a', true],
    [{ exact: '/a' }, '/a?b', true],
    [{ exact: '/a' }, '/a/', false],
    [{ exact: '/a/' }, '/a', false],
    [{ exact: '/a' }, '/a/b', false],
    [{ exact: '/a' }, '/A', false],
    [{ regex: '^/v[0-9]+/' }, '/v12/a', true],
    [{ regex: '^/v[0-9]+/' }, '/v12', false],
    [{ regex: '/b$' }, '/a/b?c', true],
    [{ regex: '.' }, '*', true],
    [undefined, '*', true],
    [undefined, 'app.test:443', true],
  ])('%j and %s: %s', (path, target, is) => {
    expect(takes(path === undefined ? {} : { path }, { target })).toBe(is);
  });

  test('constructor and __proto__ are paths like others', () => {
    expect(takes({ path: '/a' }, { target: '/constructor' })).toBe(false);
    expect(takes({ path: '/__proto__' }, { target: '/__proto__/a' })).toBe(true);
  });
});

describe('the other conditions', () => {
  test.each<readonly [match: MatchConfig, parts: RequestParts, is: boolean]>([
    [{ method: ['GET', 'HEAD'] }, { method: 'HEAD' }, true],
    [{ method: ['GET'] }, { method: 'HEAD' }, false],
    [{ method: ['GET'] }, { method: 'get' }, false],
    [{ header: { 'X-Canary': '1' } }, { headers: [['x-canary', '1']] }, true],
    [{ header: { 'x-canary': '1' } }, { headers: [['x-canary', '11']] }, false],
    [
      { header: { 'x-a': '2' } },
      {
        headers: [
          ['x-a', '1'],
          ['x-a', '2'],
        ],
      },
      true,
    ],
    [{ header: { 'x-a': '1', 'x-b': '2' } }, { headers: [['x-a', '1']] }, false],
    [{ query: { v: '2' } }, { target: '/?u=1&v=2' }, true],
    [{ query: { v: '2' } }, { target: '/?v=1&v=2' }, false],
    [{ query: { v: '2' } }, { target: '/v=2' }, false],
    [{ query: { v: '' } }, { target: '/?v=' }, true],
    [{ cookie: { beta: 'yes' } }, { cookies: { beta: 'yes' } }, true],
    [{ cookie: { beta: 'yes' } }, { cookies: { Beta: 'yes' } }, false],
    [{ cookie: { beta: 'yes' } }, {}, false],
    [{ source: ['192.0.2.0/24'] }, {}, true],
    [{ source: ['10.0.0.0/8', '2001:db8::/32'] }, { source: '2001:db8::9' }, true],
    [{ source: ['10.0.0.0/8'] }, {}, false],
    [{ source: ['10.0.0.0/8'] }, { source: '::ffff:10.1.2.3' }, true],
  ])('%j and %j: %s', (match, parts, is) => {
    expect(takes(match, parts)).toBe(is);
  });
});

describe('a path that can be read in several ways', () => {
  /** As the documentation has it: what is private, and everything else. */
  const PUBLIC: readonly MatchConfig[] = [
    { path: '/admin' },
    { path: '/public' },
    { path: { exact: '/login' } },
    { path: { regex: '^/files/' } },
  ];
  const [ADMIN, OPEN, LOGIN, FILES] = [0, 1, 2, 3];

  test.each<readonly [target: string, route: number]>([
    // Dot segments
    ['/admin/../public', AMBIGUOUS],
    ['/public/../admin', AMBIGUOUS],
    ['/public/../../admin/', AMBIGUOUS],
    ['/./admin', AMBIGUOUS],
    ['/x/../admin', AMBIGUOUS],
    ['/public/..', AMBIGUOUS],
    ['/public/.', OPEN],
    ['/public/./a', OPEN],
    ['/public/a/../b', OPEN],
    ['/public/a/../../public/b', OPEN],
    ['/admin/x/..', ADMIN],
    ['/x/../y', NO_ROUTE],
    ['/public/...', OPEN],
    ['/public/.hidden', OPEN],
    ['/..admin', NO_ROUTE],
    // The same, encoded
    ['/%2e/admin', AMBIGUOUS],
    ['/public/%2e%2e/admin', AMBIGUOUS],
    ['/public/.%2E/admin', AMBIGUOUS],
    ['/public/%2e%2e%2fadmin', AMBIGUOUS],
    ['/public/..%2fadmin', AMBIGUOUS],
    ['/public/..%2Fadmin', AMBIGUOUS],
    ['/public%2f..%2fadmin', AMBIGUOUS],
    ['/public/%252e%252e/admin', AMBIGUOUS],
    ['/public/..%252fadmin', AMBIGUOUS],
    // Slashes
    ['//admin', AMBIGUOUS],
    ['///admin/x', AMBIGUOUS],
    ['/%2fadmin', AMBIGUOUS],
    ['/admin%2fx', AMBIGUOUS],
    ['/admin//x', ADMIN],
    ['/public/a%2Fb', OPEN],
    ['/public//a', OPEN],
    ['/x//y', NO_ROUTE],
    ['//', NO_ROUTE],
    // Only unmerged slashes make it /admin
    ['/public/../admin/x//../../public', AMBIGUOUS],
    // Backslashes
    ['/\\admin', AMBIGUOUS],
    ['/public\\..\\admin', AMBIGUOUS],
    ['/public/..\\admin', AMBIGUOUS],
    ['/public/%5c..%5c..%5cadmin', AMBIGUOUS],
    ['/public/a\\b', OPEN],
    // Letters that need no encoding
    ['/%61dmin', AMBIGUOUS],
    ['/adm%69n/x', AMBIGUOUS],
    ['/%70ublic/a', AMBIGUOUS],
    ['/public/%61', OPEN],
    ['/public/%7Euser', OPEN],
    ['/%2561dmin', AMBIGUOUS],
    ['/%61%2562c', NO_ROUTE],
    // Parameters
    ['/admin;a=1', AMBIGUOUS],
    ['/admin;a=1/x', AMBIGUOUS],
    ['/public/..;/admin', AMBIGUOUS],
    ['/public/..;a=b/admin', AMBIGUOUS],
    ['/;x/admin', AMBIGUOUS],
    ['/admin%3bx', AMBIGUOUS],
    ['/public/a;v=1', OPEN],
    // NUL, which ends the path for some
    ['/admin%00', AMBIGUOUS],
    ['/admin%00x', AMBIGUOUS],
    ['/admin%2500x', AMBIGUOUS],
    ['/x/../admin%00', AMBIGUOUS],
    ['/%61dmin%00x', AMBIGUOUS],
    ['/public%00/../admin', AMBIGUOUS],
    ['/public/a%00/b', OPEN],
    ['/admin/%00', ADMIN],
    ['/x%00', NO_ROUTE],
    ['/%00', NO_ROUTE],
    ['/login%00', AMBIGUOUS],
    ['/files/a%00/../../admin', AMBIGUOUS],
    // Exact paths and patterns
    ['/login/.', NO_ROUTE],
    ['/./login', AMBIGUOUS],
    ['/x/../login', AMBIGUOUS],
    ['/login%3Fa', NO_ROUTE],
    ['/login?next=/../admin//x', LOGIN],
    ['/files/../admin', AMBIGUOUS],
    ['/files/a/../b', FILES],
    ['/%66iles/a', AMBIGUOUS],
    // What only looks like it
    ['/public/caf%C3%A9', OPEN],
    ['/public/caf%c3%a9', OPEN],
    ['/public/100%', OPEN],
    ['/public/100%25', OPEN],
    ['/public/%zz', OPEN],
    ['/public?a=%2e%2e/admin', OPEN],
  ])('%s', (target, route) => {
    expect(find(PUBLIC, { target })).toBe(route);
  });

  test('is none where routes do not look at paths', () => {
    const matches = [{ host: ['app.test'] }];
    expect(find(matches, { target: '/a/../b//%2e%2e' })).toBe(0);
  });

  test('is none where both routes differ in something else', () => {
    const matches: readonly MatchConfig[] = [
      { path: '/admin', method: ['POST'] },
      { path: '/admin', host: ['other.test'] },
      { path: '/public' },
    ];
    expect(find(matches, { target: '/public/../admin' })).toBe(AMBIGUOUS);
    expect(find(matches, { target: '//admin' })).toBe(NO_ROUTE);
    expect(find(matches, { target: '//admin', method: 'POST' })).toBe(AMBIGUOUS);
  });
});

// --- the same as a loop

const HOSTS = ['a.test', 'b.a.test', 'c.b.a.test', 'd.test', '', 'a.test.'];
const HOST_PATTERNS = ['a.test', '*.a.test', '*.b.a.test', 'd.test', '*.test'];
const PATHS = ['/', '/a', '/a/', '/a/b', '/a/b/c', '/ab', '/b', '*', '/a/b/'];
const REGEXES = ['^/a', 'b$', '^/a/[^/]+$', '(?i)^/A/B', '/b/'];

const matchConfig: fc.Arbitrary<MatchConfig> = fc.record(
  {
    host: fc.uniqueArray(fc.constantFrom(...HOST_PATTERNS), { minLength: 1, maxLength: 3 }),
    path: fc.oneof(
      fc.constantFrom(...PATHS.filter((path) => path !== '*')),
      fc.constantFrom(...PATHS.filter((path) => path !== '*')).map((exact) => ({ exact })),
      fc.constantFrom(...REGEXES).map((regex) => ({ regex })),
    ),
    method: fc.constantFrom(['GET'], ['POST', 'PUT']),
    header: fc.constant({ 'x-a': '1' }),
    query: fc.constant({ q: '1' }),
    cookie: fc.constant({ c: '1' }),
    source: fc.constantFrom(['10.0.0.0/8'], ['192.0.2.1']),
  },
  { requiredKeys: [] },
);

const requestParts: fc.Arbitrary<RequestParts> = fc.record({
  host: fc.constantFrom(...HOSTS),
  target: fc
    .tuple(fc.constantFrom(...PATHS), fc.constantFrom('', '?q=1', '?q=2'))
    .map((parts) => parts.join('')),
  method: fc.constantFrom('GET', 'POST'),
  headers: fc.constantFrom([], [['x-a', '1']], [['x-a', '2']]) as fc.Arbitrary<[string, string][]>,
  cookies: fc.constantFrom({}, { c: '1' }) as fc.Arbitrary<Record<string, string>>,
  source: fc.constantFrom('10.1.1.1', '192.0.2.1'),
});

/** What the documentation says, one condition after the other. */
function fits(
  match: MatchConfig,
  { source, method, host, target, ...rest }: RoutedRequest,
): boolean {
  const path = target.split('?')[0] ?? '';
  const name = host.replace(/\.$/, '');
  const every = (map: Readonly<Record<string, string>> | undefined, is: (key: string) => unknown) =>
    Object.entries(map ?? {}).every(([key, value]) => is(key) === value);
  return (
    (match.host?.some((one) =>
      one.startsWith('*.')
        ? name.endsWith(one.slice(1)) && name.length > one.length - 1
        : one === name,
    ) ??
      true) &&
    fitsPath(match.path, path) &&
    (match.method?.includes(method) ?? true) &&
    Object.entries(match.header ?? {}).every(([key, value]) => rest.hasHeader(key, value)) &&
    every(match.query, (key) => rest.attribute('query', key)) &&
    every(match.cookie, (key) => rest.attribute('cookie', key)) &&
    (match.source === undefined || new CidrSet(match.source).has(source))
  );
}

function fitsPath(match: MatchConfig['path'], path: string): boolean {
  if (match === undefined) return true;
  if (typeof match !== 'string') {
    return 'exact' in match ? match.exact === path : new Regex(match.regex).test(path);
  }
  const prefix = match.replace(/\/$/, '');
  return path.startsWith('/') && (path === prefix || path.startsWith(`${prefix}/`));
}

test('any table finds what a loop over its routes finds', () => {
  fc.assert(
    fc.property(fc.array(matchConfig, { maxLength: 12 }), requestParts, (matches, parts) => {
      const asked = request(parts);
      expect(find(matches, parts)).toBe(matches.findIndex((match) => fits(match, asked)));
    }),
    { numRuns: 2000 },
  );
});
