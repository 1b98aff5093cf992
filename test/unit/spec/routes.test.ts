// Routes of http: what they expand to, and what is wrong with them.
import { describe, expect, test } from 'vitest';
import { parseSpec } from '../../../src/spec/parse.js';
import { faults, spec, withFrontend } from './support.js';

type Fields = Readonly<Record<string, unknown>>;

/** Faults of one route, its place cut off. */
function routeFaults(route: Fields): readonly string[] {
  return faults(withFrontend({ routes: [route] })).map((fault) =>
    fault.replace('frontends[0].routes[0]', 'route'),
  );
}

describe('routes of http', () => {
  test('name IPv6 hosts in brackets or without, and in the one form that browsers send', () => {
    const host = ['[::1]', '2001:DB8:0::1', '[::ffff:192.0.2.1]', '192.0.2.1'];
    const routes = [{ match: { host }, pool: 'web' }];
    const written = ['[::1]', '[2001:db8::1]', '[::ffff:c000:201]', '192.0.2.1'];
    const config = parseSpec(withFrontend({ routes }));
    expect(config.frontends[0]?.routes[0]?.match.host).toEqual(written);
    expect(parseSpec(config)).toEqual(config);
    for (const odd of ['[::1', '::1]', '[fe80::1%eth0]', '[192.0.2.1]', '[::1]:80']) {
      expect(routeFaults({ match: { host: odd }, pool: 'web' })).toHaveLength(1);
    }
  });

  test('are written out, and what is written out is a valid spec that means the same', () => {
    const routes = [
      {
        match: {
          host: ['App.Example.com', '*.Example.com'],
          path: '/v1/',
          method: 'get',
          header: { 'X-A': '1' },
          query: { v: '2' },
          cookie: { beta: 'yes' },
          source: '10.0.0.0/8',
        },
        pool: 'web',
        headers: { request: { set: { 'x-env': 'prod' } } },
        timeouts: { total: '10s', server: '1s' },
        retries: { attempts: 1 },
        rewritePath: { regex: '^/v1/(.*)', to: '/$1' },
      },
      { match: {}, split: [{ pool: 'web', weight: 1 }] },
      { match: { path: { exact: '/a' } }, redirect: { to: '/b' } },
      { match: { path: { regex: '^/c' }, header: {} }, respond: { status: 204 }, headers: {} },
    ];
    const config = parseSpec(withFrontend({ routes }));
    expect(config.frontends[0]?.routes).toEqual([
      {
        match: {
          host: ['app.example.com', '*.example.com'],
          path: '/v1/',
          method: ['GET'],
          header: { 'X-A': '1' },
          query: { v: '2' },
          cookie: { beta: 'yes' },
          source: ['10.0.0.0/8'],
        },
        pool: 'web',
        headers: {
          request: { set: { 'x-env': 'prod' }, add: {}, remove: [] },
          response: { set: {}, add: {}, remove: [] },
        },
        timeouts: { total: 10_000, server: 1000 },
        rewritePath: { regex: '^/v1/(.*)', to: '/$1' },
        retries: {
          attempts: 1,
          on: ['connect-failure', 'reset-before-response'],
          budgetPercent: 20,
          backoff: 25,
          bufferBytes: 65_536,
        },
      },
      { match: {}, split: [{ pool: 'web', weight: 1 }], sticky: false },
      { match: { path: { exact: '/a' } }, redirect: { to: '/b', status: 302 } },
      { match: { path: { regex: '^/c' } }, respond: { status: 204, body: '', headers: {} } },
    ]);
    expect(parseSpec(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  test.each<readonly [what: string, route: Fields, ...faults: string[]]>([
    [
      'no action',
      { match: {} },
      'route: expected exactly one of pool, split, redirect and respond, got none',
    ],
    [
      'two actions',
      { match: {}, pool: 'web', respond: { status: 403 } },
      'route: expected exactly one of pool, split, redirect and respond, got pool and respond',
    ],
    [
      'fields of forwarding without it',
      {
        match: {},
        respond: { status: 200 },
        headers: { response: { set: { a: 'b' } } },
        timeouts: { total: '1s' },
        rewritePath: { prefix: '/a', to: '/' },
        retries: { attempts: 1 },
      },
      'route.headers: headers goes with pool or split',
      'route.timeouts: timeouts goes with pool or split',
      'route.rewritePath: rewritePath goes with pool or split',
      'route.retries: retries goes with pool or split',
    ],
    [
      'sticky without split',
      { match: {}, pool: 'web', sticky: true },
      'route.sticky: sticky goes with split',
    ],
    [
      'a split of nothing',
      { match: {}, split: [{ pool: 'web', weight: 0 }] },
      'route.split: expected at least one weight above 0',
    ],
    [
      'a split with an unknown pool',
      { match: {}, split: [{ pool: 'wbe', weight: 1 }] },
      'route.split[0].pool: no pool is named "wbe"; did you mean "web"?',
    ],
    [
      'hosts below a public suffix',
      { match: { host: ['*.example.com', '*.co.uk', 'co.uk', '*.lan'] }, pool: 'web' },
      'route.match.host[1]: "co.uk" is a public suffix: the names below it belong to strangers',
    ],
    [
      'a path without a slash',
      { match: { path: 'v1' }, pool: 'web' },
      'route.match.path: expected a path that begins with "/", got "v1"',
    ],
    [
      'a path with a star',
      { match: { path: '/v1/*' }, pool: 'web' },
      'route.match.path: expected a path without a star: "/v1/" takes everything below it',
    ],
    [
      'a path with a query',
      { match: { path: { exact: '/a?b' } }, pool: 'web' },
      'route.match.path.exact: expected a path of ASCII characters without blanks, "?" and "#" (others percent-encoded: %C3%A9), got "/a?b"',
    ],
    [
      'a path with dot segments',
      { match: { path: '/a/../b' }, pool: 'web' },
      'route.match.path: expected a path that everybody reads in the same way, such as "/b", got "/a/../b"',
    ],
    [
      'a path with encoded letters',
      { match: { path: '/%61%2fb' }, pool: 'web' },
      'route.match.path: expected a path that everybody reads in the same way, such as "/a/b", got "/%61%2fb"',
    ],
    [
      'a path with small hex digits',
      { match: { path: '/caf%c3%a9' }, pool: 'web' },
      'route.match.path: expected a path that everybody reads in the same way, such as "/caf%C3%A9", got "/caf%c3%a9"',
    ],
    [
      'a pattern that others read differently',
      { match: { path: { regex: '^/(?=a)' } }, pool: 'web' },
      'route.match.path.regex: may not use a lookahead: "(?=" at character 3, got "^/(?=a)"',
    ],
    [
      'a host that is none',
      { match: { host: 'a b' }, pool: 'web' },
      'route.match.host: expected a host name such as "app.example.com" or "*.example.com", or an address such as "[2001:db8::1]", got "a b"',
    ],
    [
      'an open redirect',
      { match: {}, redirect: { to: 'https://{query}' } },
      'route.redirect.to: expected a host behind the scheme, got "https://{query}"',
    ],
    [
      'a body where there is none',
      { match: {}, respond: { status: 204, body: 'a' } },
      'route.respond.body: an answer 204 has no body',
    ],
    [
      'headers of the balancer',
      { match: {}, respond: { status: 200, headers: { 'Content-Length': '1', date: 'x' } } },
      'route.respond.headers.Content-Length: content-length is written by the balancer',
      'route.respond.headers.date: date is written by the balancer',
    ],
    [
      'a header twice',
      { match: {}, respond: { status: 200, headers: { 'x-a': '1', 'X-A': '2' } } },
      'route.respond.headers.X-A: "x-a" is here already',
    ],
    [
      'a group that is not there',
      { match: {}, pool: 'web', rewritePath: { regex: '^/(a)', to: '/$2' } },
      'route.rewritePath.to: names group 2, but the pattern has 1',
    ],
    [
      'groups as others write them',
      { match: {}, pool: 'web', rewritePath: { regex: '^/(a)', to: '/\\1' } },
      'route.rewritePath.to: groups are written $1, not \\1, got "/\\\\1"',
    ],
    [
      'a rewritten path without a slash',
      { match: {}, pool: 'web', rewritePath: { prefix: '/a', to: 'b' } },
      'route.rewritePath.to: expected a path of ASCII characters that begins with "/", without "?" and "#", got "b"',
    ],
    [
      'headers that frame',
      { match: {}, pool: 'web', headers: { request: { set: { 'content-length': '1' } } } },
      "route.headers.request.set.content-length: content-length belongs to the connection; it can't be changed",
    ],
    [
      'an unknown variable',
      { match: {}, pool: 'web', headers: { request: { set: { 'x-a': '{hst}' } } } },
      'route.headers.request.set.x-a: no variable is named "hst"; did you mean "host"? (as text: {{hst}})',
    ],
  ])('faults: %s', (_, route, ...expected) => {
    expect(routeFaults(route as Fields)).toEqual(expected);
  });

  test('tcp knows none of it', () => {
    const match = { host: 'a.test', query: { a: '1' }, cookie: { a: '1' } };
    const frontends = [
      { name: 'a', protocol: 'tcp', bind: ':1', pool: 'web', routes: [{ match, pool: 'web' }] },
    ];
    expect(faults(spec({ frontends }))).toEqual([
      'frontends[0].routes[0].match.host: host is for http, not tcp; tcp matches sni and source',
      'frontends[0].routes[0].match.query: query is for http, not tcp; tcp matches sni and source',
      'frontends[0].routes[0].match.cookie: cookie is for http, not tcp; tcp matches sni and source',
    ]);
  });
});

describe('a variable that no request of the frontend has', () => {
  const redirect = (to: string, more: Fields = {}) =>
    faults(withFrontend({ routes: [{ match: {}, redirect: { to } }], ...more }));

  test('is a fault of a redirect: it would refuse every request, or lead nowhere', () => {
    expect(redirect('https://{tls.sni}/a')).toEqual([
      'frontends[0].routes[0].redirect.to: {tls.sni} is of a TLS handshake, which http does not have; write {host}',
    ]);
    expect(redirect('/a?id={request.id}')).toEqual([
      'frontends[0].routes[0].redirect.to: {request.id} needs requestId; this frontend gives its requests no ids',
    ]);
  });

  test('is a fault of Host, on the frontend and on a route', () => {
    const headers = { request: { set: { Host: '{tls.sni}' } } };
    const routes = [{ match: {}, pool: 'web', headers }];
    expect(faults(withFrontend({ headers, routes }))).toEqual(
      ['frontends[0].', 'frontends[0].routes[0].'].map(
        (place) =>
          `${place}headers.request.set.Host: {tls.sni} is of a TLS handshake, which http does not have; write {host}`,
      ),
    );
  });

  test('is empty in any other header, and no fault where requests may have it', () => {
    const headers = { request: { set: { 'x-a': '{tls.sni}{request.id}' } } };
    expect(faults(withFrontend({ headers }))).toEqual([]);
    expect(redirect('/a?id={request.id}', { requestId: {} })).toEqual([]);
    expect(redirect('/{{tls.sni}}')).toEqual([]);
    const https = { protocol: 'https', tls: { selfSigned: true } };
    expect(redirect('https://{tls.sni}/a', https)).toEqual([]);
  });
});
